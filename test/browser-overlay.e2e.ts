import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isDeepStrictEqual } from 'node:util';
import type { Page } from 'playwright-core';
import { chromium, describeInBrowser, picture, wide } from './browser-demo.js';
import { BrowserStage, close } from './browser-stage.js';
import { until } from './client.js';
import {
  coloredPixels,
  contrastOfLetters,
  fontsOf,
  layOver,
  overflows,
  settled,
  stripes,
} from './overlay-page.js';
import { seeded } from './seeded.js';

const layouts = ['bar', 'compact', 'ring'];
const themes = ['dark', 'light', 'none'];
const sizes = [
  [400, 200],
  [1920, 1080],
] as const;
const evening = 'radial-gradient(circle at 70% 40%, #d9843b, #6b2d5c 45%, #1b1b3a 80%)';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What WCAG wants of text. */
const leastContrast = 4.5;

/** The promise for a token that is revoked. */
const blankWithinMs = 5_000;

describeInBrowser('the overlay', () => {
  let stage: BrowserStage;
  beforeAll(async () => {
    stage = await BrowserStage.open(chromium!);
  }, 90_000);
  afterAll(() => stage.close(), 30_000);
  afterEach(() => expect(stage.complaints.splice(0)).toEqual([]));

  const visit = async (query: string, [width, height]: readonly [number, number] = [800, 450]) => {
    const page = await stage.visit(`/overlay?${query}`, { viewport: { width, height } });
    await page.locator('.card').first().waitFor();
    await settled(page);
    return page;
  };
  const session = () => /session=(\w+)/.exec(stage.printed())![1]!;
  const api = async <Body>(
    method: string,
    path: string,
    body?: object,
    role: 'streamer' | 'service' = 'streamer',
  ) => {
    const answer = await fetch(stage.url + path, {
      method,
      headers: {
        authorization: `Bearer ${stage.token(role)}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      body: body && JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (answer.status === 204 ? undefined : await answer.json()) as Body;
  };
  const newToken = () =>
    api<{ overlay_id: string; token: string }>('POST', `/sessions/${session()}/overlay-tokens`);

  /** Has `loaded` tell every address that a page gets an answer from. */
  const listenTo = (loaded: string[]) => (page: Page) =>
    Promise.resolve(page.on('response', (answer) => loaded.push(answer.url())));
  const isFontFile = (url: string) => /noto.*woff2$/.test(url);

  it.each(layouts.flatMap((layout) => themes.map((theme) => [layout, theme])))(
    'holds in a strip and on a whole screen: %s, %s',
    async (layout, theme) => {
      const page = await visit(`sample&layout=${layout}&theme=${theme}`, [640, 360]);
      await layOver(page, evening);
      await picture(page, `overlay-${layout}-${theme}.png`);
      await layOver(page, stripes);
      expect(await contrastOfLetters(page)).toBeGreaterThanOrEqual(leastContrast);
      for (const [width, height] of sizes) {
        await page.setViewportSize({ width, height });
        await settled(page);
        expect([width, await overflows(page)]).toEqual([width, []]);
        // What does not fit is left out; letters are made smaller only where a single card does not fit.
        const fit = await page.evaluate(
          'getComputedStyle(document.querySelector(".card")).getPropertyValue("--fit")',
        );
        expect([width, fit]).toEqual([width, '']);
      }
      await close(page);
    },
    30_000,
  );

  it('renders fifty combinations of settings at random, none of which overflows', async () => {
    const random = seeded(19);
    const one = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!;
    const positions = [
      'bottom-left',
      'bottom',
      'bottom-right',
      'left',
      'center',
      'right',
      'top-left',
      'top',
      'top-right',
    ];
    const page = await visit('sample');
    for (let count = 0; count < 50; count += 1) {
      const settings = String(
        new URLSearchParams({
          layout: one(layouts),
          theme: one(themes),
          position: one(positions),
          scale: String(one([0.5, 0.8, 1, 1.3, 2, 3])),
          lang: one(['en', 'de', 'ja']),
          font: one(['', 'Georgia', 'Courier New']),
          accent: Math.floor(random() * 0xffffff)
            .toString(16)
            .padStart(6, '0'),
          motion: one(['on', 'off']),
          titles: one(['', 'long']),
        }),
      );
      const [width, height] = one([
        [400, 200],
        [640, 360],
        [1280, 720],
        [1920, 1080],
        [300, 600],
      ] as const);
      await page.setViewportSize({ width, height });
      await page.goto(`${stage.url}/overlay?sample&${settings}`);
      await page.locator('.card').first().waitFor();
      await settled(page);
      expect([`${width}x${height} ${settings}`, await overflows(page)]).toEqual([
        `${width}x${height} ${settings}`,
        [],
      ]);
    }
    await close(page);
  }, 60_000);

  it('loads no further font for a text that needs none', async () => {
    const loaded: string[] = [];
    const page = await stage.visit('/overlay?sample&theme=dark', {}, listenTo(loaded));
    await page.locator('.card').first().waitFor();
    await settled(page);
    expect(loaded.filter((url) => /noto/.test(url))).toEqual([]);
    await close(page);
  });

  it('shows Japanese in the font that comes with it', async () => {
    const loaded: string[] = [];
    const page = await stage.visit(
      '/overlay?sample&lang=ja&theme=dark',
      { viewport: { width: 640, height: 360 } },
      listenTo(loaded),
    );
    await page.locator('.card').first().waitFor();
    // A font that is not known yet counts as there.
    const isThere = `document.fonts.check('16px "Noto Sans JP Variable"', 'ショー開催中')`;
    await until(async () => loaded.some(isFontFile) && page.evaluate<boolean>(isThere));
    await settled(page);
    expect(loaded.filter(isFontFile).length).toBeLessThan(40);
    expect(loaded.filter((url) => isFontFile(url) && !url.includes('noto-sans-jp'))).toEqual([]);
    await layOver(page, evening);
    await picture(page, 'overlay-japanese.png');
    await close(page);
  });

  it('is see-through but for its cards', async () => {
    const page = await stage.visit(stage.overlayPath(), { viewport: { width: 640, height: 360 } });
    await page.locator('.card[data-type=show_funding]').waitFor();
    const seeThrough = await page.evaluate(
      '[document.documentElement, document.body, document.querySelector("main")].map((node) => getComputedStyle(node).backgroundColor)',
    );
    expect(seeThrough).toEqual(Array.from({ length: 3 }, () => 'rgba(0, 0, 0, 0)'));
    expect(await page.evaluate('document.fonts.check("16px Inter", "a")')).toBe(true);
    await close(page);
  });

  it('goes blank within five seconds once its token is revoked', async () => {
    const { overlay_id, token } = await newToken();
    const page = await visit(`token=${token}`);
    const begunAt = Date.now();
    await api('DELETE', `/sessions/${session()}/overlay-tokens/${overlay_id}`);
    await page.locator('.card').first().waitFor({ state: 'detached' });
    expect(Date.now() - begunAt).toBeLessThan(blankWithinMs);
    expect(await page.locator('body').innerText()).toBe('');
    expect(stage.complaints.splice(0).join('\n')).toContain('its token was revoked or has expired');
    await close(page);
  });

  it('shows nothing where its token opens nothing, and says why in the console', async () => {
    for (const token of [`gpo_${'A'.repeat(75)}`, 'none']) {
      const page = await stage.visit(`/overlay?token=${token}`);
      await until(async () => stage.complaints.some((text) => text.startsWith('The overlay shows nothing')));
      expect(await page.locator('body').innerText()).toBe('');
      stage.complaints.splice(0);
      await close(page);
    }
  });

  it('says that it reconnects, in grey, and goes on by itself', async () => {
    const { token } = await newToken();
    let isCut = true;
    const page = await stage.visit(`/overlay?token=${token}`, {}, (fresh: Page) =>
      fresh.route('**/events', (route) => (isCut ? route.abort() : route.continue())).then(() => undefined),
    );
    const mark = page.getByText('Reconnecting');
    await mark.waitFor();
    const card = page.locator('.card').first();
    await card.waitFor();
    const filter = () => page.evaluate('getComputedStyle(document.querySelector(".card")).filter');
    expect(await filter()).toBe('grayscale(1)');
    isCut = false;
    await mark.waitFor({ state: 'hidden' });
    expect(await filter()).toBe('none');
    stage.complaints.splice(0);
    await close(page);
  });

  it('tells a paid show from its countdown to its settlement, without a reload', async () => {
    const { token } = await newToken();
    const { goal_id: fundingId } = await api<{ goal_id: string }>('POST', '/goals?goal_type=show_funding', {
      levels: [{ title: 'five tickets', target: 5 }],
      context: { session_id: session() },
      exp: Math.floor(Date.now() / 1000) + 5,
      show: {
        levels: [{ title: 'one second', target: 1 }, { target: 600 }],
        duration_seconds: 60,
        start: 'on_countdown_end',
      },
    });
    const page = await visit(`token=${token}`, [1280, 720]);
    await page.evaluate('globalThis.isSamePage = true');
    const funding = page.locator(`[data-goal="${fundingId}"]`);
    await funding.getByText('Show in').waitFor();
    const gift = { user_id: 'ann', amount: 10, display_name: 'Ann', message: 'for the encore' };
    await api('POST', `/goals/${fundingId}/contributions`, { source_id: fundingId, ...gift }, 'service');
    const toast = page.locator('[data-part=toast]');
    const boxes = () =>
      page.evaluate('[...document.querySelectorAll(".card")].map((card) => card.offsetTop)');
    const before = await boxes();
    await toast.getByText('Ann: 10 tickets').waitFor();
    await toast.getByText('five tickets reached!').waitFor();
    await toast.getByText('for the encore').waitFor();
    expect(await boxes()).toEqual(before);
    await layOver(page, evening);
    await picture(page, 'overlay-moment.png');
    await funding.getByText('10', { exact: true }).waitFor();

    await funding.getByText('The show is on').waitFor();
    const show = page.locator('.card[data-type=show]').first();
    const showId = (await show.getAttribute('data-goal'))!;
    await show.getByText('The show is about to start').waitFor();
    await api('POST', `/goals/${showId}/performance`, { source_id: showId, state: 'live' }, 'service');
    await show.getByText('The show is on, ends in').waitFor();
    await toast.getByText('one second reached!').waitFor();
    await api('POST', `/goals/${showId}/finish`);
    // However the cards have moved, it lies over none of them.
    expect(
      await page.evaluate(`(() => {
        const toast = document.querySelector('[data-part=toast]').getBoundingClientRect();
        const cards = [...document.querySelectorAll('.card')].map((card) => card.getBoundingClientRect());
        return cards.filter(({ top, bottom }) => toast.height > 0 && toast.top < bottom && top < toast.bottom).length;
      })()`),
    ).toBe(0);
    for (const card of [show, funding]) await card.getByText('The show was delivered. Thank you!').waitFor();
    expect(await page.evaluate('globalThis.isSamePage')).toBe(true);
    await close(page);
  }, 40_000);

  it('takes a message off its screen that was removed', async () => {
    const goalId = /"funding_goal_id":"(\w+)"/.exec(stage.printed())![1]!;
    const page = await visit(`token=${(await newToken()).token}`);
    const gift = { user_id: 'bob', amount: 1, display_name: 'Bob', message: 'a word that hurts' };
    const source = 'payment/4711.1';
    await page.locator('[data-state=live]').waitFor();
    await api('POST', `/goals/${goalId}/contributions`, { source_id: source, ...gift }, 'service');
    const toast = page.locator('[data-part=toast]');
    await toast.getByText('a word that hurts').waitFor();
    await api('DELETE', `/goals/${goalId}/contributions/${encodeURIComponent(source)}/message`);
    await toast.getByText('a word that hurts').waitFor({ state: 'detached' });
    // Well before its time is over: the rest stays.
    expect(await toast.getByText('Bob: 1 tickets').isVisible()).toBe(true);
    expect(await page.content()).not.toContain('a word that hurts');
    await close(page);
  });

  it('is composed in the studio, by the keyboard, where its events are rehearsed and its address is revoked', async () => {
    const onAir = await visit(`token=${(await newToken()).token}`);
    const studio = await stage.visit(`/overlay/studio?session=${session()}`, wide);
    await studio.getByLabel('Your token').fill(stage.token('streamer'));
    await studio.keyboard.press('Enter');
    await studio.getByLabel('Layout').selectOption('ring');
    await studio.getByLabel('Accent').fill('#ff4d6d');
    await studio.getByRole('button', { name: 'Create an address' }).press('Enter');
    const address = studio.getByLabel('For a browser source');
    await address.waitFor();
    const url = new URL(await address.inputValue());
    expect(Object.fromEntries(url.searchParams)).toEqual({
      token: expect.stringMatching(/^gpo_/),
      layout: 'ring',
      accent: 'ff4d6d',
    });
    const preview = studio.frameLocator('iframe');
    await preview.locator('.card[data-type=show_funding]').first().waitFor();
    const goalsBefore = await api('GET', `/sessions/${session()}/goals`);
    await studio.getByLabel('Event').selectOption('goal.level_reached');
    await studio.getByRole('button', { name: 'Rehearse' }).press('Enter');
    await preview.getByText(/reached!$/).waitFor();
    await preview.getByText('TEST', { exact: true }).waitFor();
    await onAir
      .locator('[data-part=toast]')
      .getByText(/reached!$/)
      .waitFor();
    expect(await onAir.getByText('TEST', { exact: true }).isVisible()).toBe(false);
    await picture(studio, 'overlay-studio.png');
    expect(await api('GET', `/sessions/${session()}/goals`)).toEqual(goalsBefore);
    const revoke = studio.getByRole('listitem').filter({ hasText: 'shown above' }).getByRole('button');
    await revoke.press('Enter');
    await address.waitFor({ state: 'hidden' });
    await close(studio);
    await close(onAir);
    // A preview that the next one took the place of; a revoked token.
    const expected = /ERR_ABORTED|401|its token was revoked/;
    expect(stage.complaints.splice(0).filter((text) => !expected.test(text))).toEqual([]);
  }, 30_000);

  it.each([
    ['the overlay', '/overlay?sample', '.card'],
    ['the studio', '/overlay/studio', 'main'],
    ['the demo', '/demo', '.goal'],
    ['the sign-in of the queue board', '/admin/queues', 'form'],
  ])('has nothing that axe-core objects to: %s', async (_, path, part) => {
    const page = await stage.visit(path, wide);
    await page.locator(part).first().waitFor();
    await page.evaluate(axe);
    const faults = await page.evaluate<string[]>(
      `axe.run(document, { iframes: false }).then(({ violations }) =>
        violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 120)).join(' | ')))`,
    );
    expect(faults).toEqual([]);
    // Who has no token yet is shown the form with a 401.
    if (path.startsWith('/admin')) expect(stage.complaints.splice(0).join()).toContain('401');
    await close(page);
  });

  // These come last, as goals that are over stay on the screen for a while. Of each text: the glyphs that each font shows, by the
  // name within its files, and how many files are loaded at most.
  it.each([
    ['Korean', '첫 번째 노래를 불러요 2', 'en', { 'Noto Sans KR Thin': 9, Inter: 5 }, 9],
    ['Chinese', '为大家唱第一首歌 2', 'en', { 'Noto Sans SC Thin': 8, Inter: 2 }, 8],
    ['Japanese on an English page', '最初の曲を歌う 2', 'en', { 'Noto Sans JP Thin': 7, Inter: 2 }, 7],
    ['Chinese on a Japanese page', '为大家', 'ja', { 'Noto Sans JP Thin': 2, 'Noto Sans SC Thin': 1 }, 40],
    ['emoji', 'sing 🎤❤️👨‍👩‍👧🇯🇵 #1 * ©', 'en', { 'Noto Color Emoji': 4, Inter: 12 }, 1],
  ])('shows %s in the fonts that come with it', async (script, title, lang, glyphs, mostFiles) => {
    const loaded: string[] = [];
    const { goal_id: goalId } = await api<{ goal_id: string }>('POST', '/goals?goal_type=show_funding', {
      levels: [{ title, target: 5 }],
      context: { session_id: session() },
      exp: Math.floor(Date.now() / 1000) + 600,
      show: { levels: [{ target: 1 }], duration_seconds: 60, start: 'on_countdown_end' },
    });
    const { token } = await newToken();
    const query = `token=${token}&goals=${goalId}&lang=${lang}`;
    const page = await stage.visit(`/overlay?${query}`, {}, listenTo(loaded));
    await page.getByText(title).waitFor();
    const shown = () => fontsOf(page, '.card [data-part=title]');
    await until(async () => isDeepStrictEqual(await shown(), glyphs), 5_000).catch(() => undefined);
    await settled(page);
    expect(await shown()).toEqual(glyphs);
    expect(loaded.filter(isFontFile).length).toBeLessThanOrEqual(mostFiles);
    // A font that the browser cannot draw is taken all the same.
    if (script === 'emoji') expect(await coloredPixels(page, '.card [data-part=title]')).toBeGreaterThan(100);
    await close(page);
    await api('DELETE', `/goals/${goalId}`);
  });
});
