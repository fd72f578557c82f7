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

describeInBrowser('the demo on its screens', () => {
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
});
