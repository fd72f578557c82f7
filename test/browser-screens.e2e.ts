import type { Page } from 'playwright-core';
import {
  button,
  chromium,
  describeInBrowser,
  giveAndSee,
  goalOf,
  heading,
  phone,
  picture,
  untilLive,
  wide,
} from './browser-demo.js';
import { BrowserStage, close } from './browser-stage.js';

/** The promise for an overlay whose token is revoked. */
const blankWithinMs = 5_000;

describeInBrowser('the demo on its screens', () => {
  let stage: BrowserStage;
  let demo: Page;

  beforeAll(async () => {
    stage = await BrowserStage.open(chromium!, { OVERLAY_TRANSPORT: 'pusher' });
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

  it('has an overlay that follows Pusher where that is configured, until its token is revoked', async () => {
    const ask = async (method: string, path: string, token: string, body?: object) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      return fetch(stage.url + path, { method, headers, body: JSON.stringify(body ?? {}) });
    };
    const tokens = `/sessions/${/session=(\w+)/.exec(stage.printed())![1]}/overlay-tokens`;
    const made = await ask('POST', tokens, stage.token('streamer'));
    const { overlay_id, token } = (await made.json()) as { overlay_id: string; token: string };
    let isStreamed = false;
    const overlay = await stage.visit(`/overlay?token=${token}`, wide, (page) =>
      page.route('**/events', (route) => {
        isStreamed = true;
        return route.abort();
      }),
    );
    await overlay.locator('[data-state=live]').waitFor();
    const tally = overlay.locator('.card[data-type=show] [data-part=progress]');
    const before = Number(await tally.textContent());
    await giveAndSee(demo, demo);
    await tally.getByText(String(before + 100), { exact: true }).waitFor();
    expect(isStreamed).toBe(false);

    // It opens no channel but that of its stream.
    const other = { socket_id: '1.1', channel_name: 'private-stream@0123456789abcdef01234569' };
    expect((await ask('POST', '/overlay/pusher/auth', token, other)).status).toBe(403);
    expect((await ask('POST', '/overlay/pusher/auth', stage.token('viewer'), other)).status).toBe(403);
    const begunAt = Date.now();
    const revoked = await fetch(`${stage.url}${tokens}/${overlay_id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${stage.token('streamer')}` },
    });
    expect(revoked.status).toBe(204);
    await overlay.locator('.card').first().waitFor({ state: 'detached' });
    expect(Date.now() - begunAt).toBeLessThan(blankWithinMs);
    expect(stage.complaints.splice(0).join()).toContain('its token was revoked or has expired');
    await close(overlay);
  }, 30_000);
});
