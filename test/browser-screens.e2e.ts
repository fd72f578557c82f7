import type { Page } from 'playwright-core';
import {
  button,
  chromium,
  close,
  describeInBrowser,
  giveAndSee,
  goalOf,
  heading,
  phone,
  picture,
  untilLive,
  wide,
} from './browser-demo.js';
import { BrowserStage } from './browser-stage.js';
import { until } from './client.js';

describeInBrowser('the demo and the overlay on their screens', () => {
  let stage: BrowserStage;
  let demo: Page;

  beforeAll(async () => {
    stage = await BrowserStage.open(chromium!);
    demo = await stage.visit('/demo', wide);
    await untilLive(demo);
    for (const sold of [10, 20, 30, 40, 50, 60]) {
      await button(demo, 'Buy ten').click();
      await goalOf(demo, 'show_funding').locator(`[aria-valuenow="${sold}"]`).waitFor();
    }
    await button(demo, 'Create the show goal').click();
    await heading(demo, 'You may watch').waitFor();
    await giveAndSee(demo, demo);
  }, 90_000);
  afterAll(() => stage.close(), 30_000);
  afterEach(() => expect(stage.complaints.splice(0)).toEqual([]));

  it.each([
    ['demo-light.png', wide, 'light'],
    ['demo-dark.png', wide, 'dark'],
    ['demo-phone.png', phone, 'light'],
  ] as const)('fits its screen: %s', async (name, screen, colorScheme) => {
    const page = await stage.visit('/demo', { ...screen, colorScheme });
    await heading(page, 'You may watch').waitFor();
    const width = await page.evaluate<number>('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(screen.viewport.width);
    await giveAndSee(page, page);
    await picture(page, name, screen === wide);
    await close(page);
  });

  it('shows nothing over a video where there is no such session, and says why in the console', async () => {
    const page = await stage.visit('/overlay/0123456789abcdef01234568', wide);
    await until(async () => stage.complaints.length >= 3);
    expect(await page.locator('body').innerText()).toBe('');
    expect(stage.complaints.splice(0)).toEqual(
      expect.arrayContaining([expect.stringContaining('There is no session 0123456789abcdef01234568.')]),
    );
    await close(page);
  });

  it.each([
    ['overlay.png', 1920, 1080],
    ['overlay-small.png', 400, 300],
  ])('lays the goals over a video: %s', async (name, width, height) => {
    const page = await stage.visit(stage.overlayPath(), { viewport: { width, height }, colorScheme: 'dark' });
    await goalOf(page, 'show').waitFor();
    expect(await goalOf(page, 'show').getByRole('heading').textContent()).toBe('first song');
    const seeThrough = await page.evaluate(
      '[document.documentElement, document.body].map((node) => getComputedStyle(node).backgroundColor)',
    );
    expect(seeThrough).toEqual(['rgba(0, 0, 0, 0)', 'rgba(0, 0, 0, 0)']);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    const newest = await page.locator('.goal').first().boundingBox();
    expect(newest!.y).toBeGreaterThanOrEqual(0);
    expect(newest!.y + newest!.height).toBeLessThanOrEqual(height);
    await giveAndSee(demo, page);
    if (name === 'overlay.png') await picture(page, name);
    await close(page);
  });
});
