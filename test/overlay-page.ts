import type { Page } from 'playwright-core';

/** A hard video: stripes of black, white and red. */
export const stripes = 'repeating-linear-gradient(45deg, #fff 0 9px, #000 9px 18px, #c33 18px 27px)';

/** Puts a picture behind the overlay, as a video is. */
export async function layOver(page: Page, background: string): Promise<void> {
  await page.evaluate(`document.documentElement.style.background = ${JSON.stringify(background)}`);
}

/** Waits until fonts are there and what came with the last change is drawn, and ends what moves to its place. */
export async function settled(page: Page): Promise<void> {
  await page.evaluate(`(async () => {
    await document.fonts.ready;
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    for (const animation of document.getAnimations())
      if (animation.effect.getTiming().iterations < Infinity) animation.finish();
  })()`);
}

/** How many glyphs of an element each font shows, by the name of its family. A font of the machine is marked as such. */
export async function fontsOf(page: Page, selector: string): Promise<Record<string, number>> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('DOM.enable');
  await devtools.send('CSS.enable');
  const { root } = await devtools.send('DOM.getDocument');
  const { nodeId } = await devtools.send('DOM.querySelector', { nodeId: root.nodeId, selector });
  const { fonts } = await devtools.send('CSS.getPlatformFontsForNode', { nodeId });
  await devtools.detach();
  return Object.fromEntries(
    fonts.map(({ familyName, isCustomFont, glyphCount }) => [
      isCustomFont ? familyName : `${familyName} of the machine`,
      glyphCount,
    ]),
  );
}

/** How many pixels of an element have a strong color, as those of letters in black, white or grey have not. */
export async function coloredPixels(page: Page, selector: string): Promise<number> {
  const shot = (await page.locator(selector).first().screenshot()).toString('base64');
  return page.evaluate<number>(`(async () => {
    const bytes = Uint8Array.from(atob('${shot}'), (character) => character.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    let count = 0;
    for (let at = 0; at < data.length; at += 4) {
      const pixel = data.slice(at, at + 3);
      if (Math.max(...pixel) - Math.min(...pixel) > 100) count += 1;
    }
    return count;
  })()`);
}

/** What sticks out of the page or of its card, is cut, or lies over another card; empty if all is well. */
export function overflows(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`(() => {
    const faults = [];
    const page = { left: -0.5, top: -0.5, right: innerWidth + 0.5, bottom: innerHeight + 0.5 };
    const isWithin = (inner, outer) =>
      inner.left >= outer.left - 0.5 && inner.right <= outer.right + 0.5 &&
      inner.top >= outer.top - 0.5 && inner.bottom <= outer.bottom + 0.5;
    const cards = [...document.querySelectorAll('.card')].filter((card) => !card.hidden);
    if (cards.length === 0) faults.push('there is no card');
    if (document.documentElement.scrollWidth > innerWidth) faults.push('the page is wider than its window');
    const boxes = cards.map((card) => card.getBoundingClientRect());
    boxes.forEach((box, index) => {
      if (!isWithin(box, page)) faults.push('card ' + index + ' sticks out of the page');
      const next = boxes[index + 1];
      if (next && next.top < box.bottom - 0.5 && box.top < next.bottom - 0.5) faults.push('two cards overlap');
    });
    cards.forEach((card, index) => {
      for (const part of card.querySelectorAll('.title, .tally, .kind, .foot')) {
        const range = document.createRange();
        range.selectNodeContents(part);
        const text = range.getBoundingClientRect();
        if (text.width > 0 && !isWithin(text, boxes[index])) faults.push(part.className + ' sticks out of card ' + index);
        if (part.scrollWidth > part.clientWidth + 1) faults.push(part.className + ' is cut in card ' + index);
      }
      const words = [...card.querySelectorAll('.title, .tally')].map((part) => part.getBoundingClientRect());
      const [title, tally] = words;
      if (title.right > tally.left + 0.5 && title.left < tally.right - 0.5 && title.bottom > tally.top + 0.5 &&
        title.top < tally.bottom - 0.5) faults.push('title and tally overlap in card ' + index);
    });
    return faults;
  })()`);
}

/**
 * The least contrast of the letters of a card to what is right beneath them, by the pixels: of all pixels that are ink, the one
 * in a hundred with the least. The card is pictured with its letters and with them see-through, and compared.
 */
export async function contrastOfLetters(page: Page): Promise<number> {
  const clip = (await page.locator('.card').first().boundingBox())!;
  const shot = async () => (await page.screenshot({ clip })).toString('base64');
  const setFill = (fill: string) =>
    page.evaluate(
      `for (const part of document.querySelectorAll('.card p, .card h2')) part.style.webkitTextFillColor = '${fill}'`,
    );
  const withInk = await shot();
  await setFill('transparent');
  const without = await shot();
  await setFill('');
  return page.evaluate<number>(`(async () => {
    const pixels = async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
      const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
      context.drawImage(image, 0, 0);
      return context.getImageData(0, 0, image.width, image.height).data;
    };
    const luminance = (data, at) => {
      const [r, g, b] = [0, 1, 2].map((channel) => {
        const share = data[at + channel] / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const inks = ['.title', '.foot'].map((selector) =>
      getComputedStyle(document.querySelector('.card ' + selector)).color.match(/\\d+/g).map(Number));
    const [a, b] = [await pixels('${withInk}'), await pixels('${without}')];
    const found = [];
    for (let at = 0; at < a.length; at += 4) {
      const isInk = inks.some((ink) => [0, 1, 2].every((channel) => Math.abs(a[at + channel] - ink[channel]) <= 12));
      if (!isInk || [0, 1, 2].every((channel) => Math.abs(a[at + channel] - b[at + channel]) < 3)) continue;
      const [low, high] = [luminance(a, at), luminance(b, at)].sort((x, y) => x - y);
      found.push((high + 0.05) / (low + 0.05));
    }
    found.sort((x, y) => x - y);
    return found.length < 100 ? 0 : found[Math.floor(found.length / 100)];
  })()`);
}
