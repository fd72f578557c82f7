import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { findChromium } from './chromium.js';

/** Screens that the pages are looked at on. */
export const wide = { viewport: { width: 1280, height: 880 } };
export const phone = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2 };

export const chromium = findChromium();

/** Describes what a browser sees; skipped, with a line that says so, where this machine has none. */
export function describeInBrowser(name: string, cases: () => void): void {
  // Written directly: jest keeps back what a suite logs that has nothing but skipped cases.
  if (!chromium)
    process.stdout.write(`${name}: skipped, as no chromium, chromium-browser or google-chrome is on PATH\n`);
  (chromium ? describe : describe.skip)(name, cases);
}

/** The cards of a type of goals, the newest first. */
export const goalOf = (page: Page, type: string): Locator => page.locator(`.goal[data-type=${type}]`);

/** A button that is ready to be pressed: while its last press is still on its way it takes no other. */
export const button = (page: Page, name: string): Locator =>
  page.getByRole('button', { name }).and(page.locator(':not([aria-busy])'));

export const heading = (page: Page, name: string): Locator => page.getByRole('heading', { name });

/** Waits until the demo page shows its goals and is connected. */
export async function untilLive(page: Page): Promise<void> {
  await goalOf(page, 'show_funding').first().waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
}

/** Gives coins on one screen and waits until another one shows them. */
export async function giveAndSee(giver: Page, watcher: Page): Promise<void> {
  const tally = goalOf(watcher, 'show').locator('[data-part=progress]');
  const before = Number(await tally.textContent());
  await button(giver, 'Give 100 coins').click();
  await goalOf(watcher, 'show')
    .locator(`[aria-valuenow="${before + 100}"]`)
    .waitFor();
}

/** Takes a picture for the docs, where it is asked for. */
export async function picture(page: Page, name: string, fullPage = false): Promise<void> {
  if (!process.env.UPDATE_SCREENSHOTS) return;
  mkdirSync('docs/screenshots', { recursive: true });
  // What moves has to come to rest first; what moves for ever is not waited for.
  await page.evaluate(
    'Promise.all(document.getAnimations().filter(({ effect }) => effect.getTiming().iterations < Infinity).map(({ finished }) => finished))',
  );
  await page.screenshot({ path: join('docs/screenshots', name), fullPage, omitBackground: true });
}
