import type { Page, WebSocketRoute } from 'playwright-core';
import { button, goalOf, wide } from './browser-demo.js';
import { type BrowserStage, close } from './browser-stage.js';
import { until } from './client.js';

/** What the demo does with a stream from its first goal to its end; each case has a stream of its own. */
export function streamCases(stage: () => BrowserStage): void {
  const visit = async (prepare?: (page: Page) => Promise<unknown>) => {
    const opened = await fetch(`${stage().url}/sessions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${stage().token('streamer')}`, 'content-type': 'application/json' },
      body: '{}',
    });
    const { session_id: session } = (await opened.json()) as { session_id: string };
    const page = await stage().visit(`/demo?session=${session}`, wide, prepare);
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByText('No goals yet').waitFor();
    return page;
  };
  const open = async (page: Page, kind: string, type: string) => {
    await page.getByLabel('Kind of goal').selectOption(kind);
    await button(page, 'Open the goal').click();
    await goalOf(page, type).getByText('Open', { exact: true }).waitFor();
  };
  const progress = (page: Page, type: string, value: number) =>
    goalOf(page, type).locator(`[aria-valuenow="${value}"]`).waitFor();
  const alert = (page: Page) => page.getByRole('alert');

  it('is where the root of a local start leads to', async () => {
    const page = await stage().visit('/');
    expect(page.url()).toBe(`${stage().url}/demo`);
    await close(page);
  });

  it('shows who gave what with which words, until the streamer removes them', async () => {
    const page = await visit();
    await open(page, 'Karaoke', 'karaoke');
    expect(await page.getByLabel('Stays open (minutes)').isVisible()).toBe(false);
    await page.getByLabel('Your name').fill('Ann');
    await page.getByLabel('Your message').fill('for the encore');
    await button(page, 'Give 100 coins').click();
    await progress(page, 'karaoke', 100);
    const karaoke = goalOf(page, 'karaoke');
    await karaoke.getByText('Who gave').click();
    await karaoke.getByText('1. You: 100 coins').waitFor();
    await karaoke.getByText('Ann: 100 coins').waitFor();
    await page.getByLabel('Give anonymously').check();
    await button(page, 'Give 100 coins').click();
    await karaoke.getByText('Anonymous: 100 coins', { exact: true }).waitFor();
    await karaoke.getByText(/^\d\. Anonymous: 100 coins$/).waitFor();
    const words = karaoke.getByText('for the encore');
    expect(await words.count()).toBe(2);
    for (const name of ['Ann', 'Anonymous'])
      await karaoke.getByRole('button', { name: `Remove the message of ${name}` }).click();
    await page.getByRole('log').getByText('A message was removed').nth(1).waitFor();
    await words.first().waitFor({ state: 'detached' });
    expect(await karaoke.getByText('Ann: 100 coins').isVisible()).toBe(true);
    await close(page);
  });

  it('tells the whole story of its goals after a reload, and ends with the stream', async () => {
    const page = await visit((fresh) =>
      fresh.route(/feed\?limit=10/, (route, request) =>
        route.continue({ url: request.url().replace('limit=10', 'limit=1') }),
      ),
    );
    await open(page, 'Karaoke', 'karaoke');
    await goalOf(page, 'karaoke').getByRole('button', { name: 'Cancel the goal' }).click();
    await goalOf(page, 'karaoke').getByText('Cancelled', { exact: true }).waitFor();
    await open(page, 'Exclusive trigger', 'trigger_exclusive');
    await button(page, 'Create the exclusive goal').click();
    await goalOf(page, 'exclusive').getByText('Open', { exact: true }).waitFor();
    await button(page, 'Create the exclusive goal').waitFor({ state: 'hidden' });

    await page.reload();
    const history = page.getByRole('list', { name: 'Earlier events' });
    for (const text of [
      'Karaoke goal added',
      'Karaoke goal cancelled',
      'Exclusive trigger goal opened',
      'Exclusive goal opened',
    ])
      await history.getByText(text, { exact: true }).waitFor();
    const feed = page.locator('[data-part=feed]');
    await feed.getByText('Exclusive goal added').waitFor();
    expect(await feed.getByRole('listitem').count()).toBe(1);
    for (const text of ['Exclusive trigger goal added', 'Karaoke goal added']) {
      await button(page, 'Show older entries').click();
      await feed.getByText(text).waitFor();
    }
    await button(page, 'Show older entries').waitFor({ state: 'hidden' });

    page.once('dialog', (dialog) => void dialog.accept());
    await button(page, 'End the stream').press('Enter');
    await page.getByText('The stream has ended.').waitFor();
    for (const type of ['exclusive', 'trigger_exclusive'])
      await goalOf(page, type).getByText('Cancelled', { exact: true }).waitFor();
    await page.reload();
    await page.getByText('The stream has ended.').waitFor();
    expect(await page.getByLabel('Kind of goal').isVisible()).toBe(false);
    await button(page, 'Open a new stream').click();
    await page.getByText('No goals yet').waitFor();
    expect(await page.getByLabel('Kind of goal').isVisible()).toBe(true);
    await close(page);
  }, 40_000);

  it('does again what got no answer, but not twice', async () => {
    const page = await visit();
    await open(page, 'Karaoke', 'karaoke');
    let isLost = true;
    await page.route('**/contributions', async (route) => {
      const response = await route.fetch();
      if (isLost) await route.abort();
      else await route.fulfill({ response });
    });
    await button(page, 'Give 100 coins').click();
    await alert(page).getByText('goalpost cannot be reached').waitFor();
    stage().complaints.length = 0;
    isLost = false;
    await alert(page).getByRole('button', { name: 'Try again' }).click();
    await alert(page).waitFor({ state: 'hidden' });
    await button(page, 'Give 100 coins').click();
    await progress(page, 'karaoke', 200);
    await button(page, 'Give 100 coins').waitFor();
    const id = await goalOf(page, 'karaoke').getAttribute('data-goal');
    const headers = { authorization: `Bearer ${stage().token('viewer')}` };
    const stored = await fetch(`${stage().url}/goals/${id}`, { headers });
    expect(await stored.json()).toMatchObject({ progress: 200 });
    await close(page);
  });

  it('connects again at once if asked to', async () => {
    let socket: WebSocketRoute | undefined;
    let isAway = false;
    const page = await visit(async (fresh) => {
      await fresh.clock.install();
      await fresh.routeWebSocket(/\/app\//, (route) => {
        socket = route;
        // A server that is away takes the connection and says nothing.
        if (!isAway) route.connectToServer();
      });
    });
    expect(await button(page, 'Connect now').isVisible()).toBe(false);
    isAway = true;
    await socket!.close({ code: 1001 });
    const again = button(page, 'Connect now');
    await again.waitFor();
    // Its own next try is far away: the time that it waits for hardly passes.
    await page.clock.pauseAt(new Date(Date.now() + 1_000));
    isAway = false;
    await again.press('Enter');
    await until(async () => {
      await page.clock.runFor(2);
      return page.getByText('Live', { exact: true }).isVisible();
    });
    await again.waitFor({ state: 'hidden' });
    await close(page);
  });
}
