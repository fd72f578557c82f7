import type { Page, WebSocketRoute } from 'playwright-core';
import { button, chromium, describeInBrowser, goalOf, heading, untilLive, wide } from './browser-demo.js';
import { BrowserStage, close } from './browser-stage.js';
import { streamCases } from './stream-demo-cases.js';
import { swaggerCases } from './swagger-cases.js';

describeInBrowser('in a real browser', () => {
  let stage: BrowserStage;

  beforeAll(async () => {
    stage = await BrowserStage.open(chromium!);
  }, 90_000);
  afterAll(() => stage.close(), 30_000);
  afterEach(() => expect(stage.complaints.splice(0)).toEqual([]));

  describe('the demo', () => demoCases(() => stage));
  describe('the demo with a stream of its own', () => streamCases(() => stage));
  describe('Swagger UI', () => swaggerCases(() => stage));
});

function demoCases(stage: () => BrowserStage): void {
  const visit = async (prepare?: (page: Page) => Promise<void>) => {
    const page = await stage().visit('/demo', wide, prepare);
    await untilLive(page);
    return page;
  };

  it('shows a ticket, the show goal and the leave to watch, without a reload', async () => {
    const [page, other] = [await visit(), await visit()];
    await page.evaluate(() => Object.assign(globalThis, { isSamePage: true }));
    const bar = goalOf(page, 'show_funding').getByRole('progressbar');
    expect(await bar.getAttribute('aria-valuenow')).toBe('0');
    await button(page, 'Buy a ticket').click();
    for (const screen of [page, other])
      await screen.locator('[role=progressbar][aria-valuenow="1"][aria-valuemax="200"]').waitFor();
    expect(await bar.getAttribute('aria-valuetext')).toBe('1 of 200 tickets');
    await heading(page, 'You own a ticket').waitFor();
    await page.getByText('You, the viewer').waitFor();

    await button(page, 'Create the show goal').click();
    await goalOf(page, 'show').getByRole('heading', { name: 'first song' }).waitFor();
    await goalOf(other, 'show').waitFor();
    await heading(page, 'You may watch').waitFor();
    await page.locator('[data-event="stream.authorized"]').waitFor();
    await page.locator('[data-part=feed]').getByText('Show goal added').waitFor();
    await button(page, 'Create the show goal').waitFor({ state: 'hidden' });
    // Who has joined no channel of a viewer gets nothing of it.
    expect(await other.locator('[data-event="stream.authorized"]').count()).toBe(0);
    expect(await page.evaluate(() => 'isSamePage' in globalThis)).toBe(true);
    await close(page);
    await close(other);
  }, 60_000);

  it('remembers the ticket after a reload', async () => {
    const page = await visit();
    await heading(page, 'You may watch').waitFor();
    await page.reload();
    await heading(page, 'You may watch').waitFor();
    await close(page);
  });

  it('announces a level, counts down to the opening, and opens by itself', async () => {
    const page = await visit();
    await page.getByLabel('Opens in (seconds)').fill('3');
    await page.getByLabel('First level (tickets)').fill('10');
    await button(page, 'Open the goal').click();
    const goal = goalOf(page, 'show_funding').first();
    await goal.getByRole('heading', { name: 'first 10 tickets' }).waitFor();
    await goal.getByText('Opens in').waitFor();
    expect(await goal.getByRole('timer').textContent()).toMatch(/^0:0[1-3]$/);
    await goal.getByText('Closes in').waitFor();
    await goal.getByRole('button', { name: 'Buy ten' }).click();
    await page.getByRole('log').getByText('Show funding goal reached: first 10 tickets').waitFor();
    await goal.getByText('of 40 tickets').waitFor();
    // What it is on its way to is not there yet.
    expect(await goal.getByRole('heading').textContent()).toBe('all 40 tickets');
    await close(page);
  });

  it('catches up on what it missed, once its connection is back', async () => {
    let socket: WebSocketRoute | undefined;
    let isDeaf = false;
    const other = await visit();
    const page = await visit((fresh) =>
      fresh.routeWebSocket(/\/app\//, (route) => {
        socket = route;
        route.connectToServer().onMessage((message) => {
          if (!isDeaf) route.send(message);
        });
      }),
    );
    const tally = (screen: Page) => goalOf(screen, 'show').locator('[data-part=progress]');
    const before = Number(await tally(page).textContent());
    isDeaf = true;
    await button(other, 'Give 100 coins').click();
    await goalOf(other, 'show')
      .locator(`[aria-valuenow="${before + 100}"]`)
      .waitFor();
    expect(await tally(page).textContent()).toBe(String(before));
    isDeaf = false;
    await socket!.close({ code: 1001 });
    await goalOf(page, 'show')
      .locator(`[aria-valuenow="${before + 100}"]`)
      .waitFor();
    await close(page);
    await close(other);
  });

  it('is worked by the keyboard alone', async () => {
    const page = await visit();
    const focused = () => page.evaluate<string>('document.activeElement.textContent');
    const untilFocused = async (name: string) => {
      for (let presses = 0; (await focused()) !== name; presses += 1) {
        expect(presses).toBeLessThan(60);
        await page.keyboard.press('Tab');
      }
    };
    await untilFocused('Give 100 coins');
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
    const given = Number(await goalOf(page, 'show').locator('[data-part=progress]').textContent());
    await page.keyboard.press('Enter');
    await goalOf(page, 'show')
      .locator(`[aria-valuenow="${given + 100}"]`)
      .waitFor();
    expect(await focused()).toBe('Give 100 coins');
    await untilFocused('Open the goal');
    await close(page);
  });

  it('says what the api refuses in the words of its form', async () => {
    const page = await visit();
    await page.getByLabel('First level (tickets)').fill('999999999999');
    await button(page, 'Open the goal').click();
    const alert = page.getByRole('alert');
    await alert.getByText('Last level (tickets)').waitFor();
    expect(await page.getByLabel('Last level (tickets)').getAttribute('aria-invalid')).toBe('true');
    expect(await page.getByLabel('First level (tickets)').getAttribute('aria-invalid')).toBeNull();
    // The browser itself notes each refusal in its console.
    expect(
      stage()
        .complaints.splice(0)
        .every((complaint) => complaint.includes('422')),
    ).toBe(true);
    await alert.getByRole('button', { name: 'Dismiss' }).click();
    await alert.waitFor({ state: 'hidden' });
    await close(page);
  });

  it('leaves a refusal standing when what it read meanwhile arrives', async () => {
    const config = await fetch(`${stage().url}/demo/config.json`);
    const { viewer } = (await config.json()) as { viewer: { user_id: string } };
    const ticket = { user_id: viewer.user_id, amount: 1 };
    let unread = 0;
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    const page = await visit(async (fresh) => {
      await fresh.route('**/leaderboard*', async (route) => {
        await released;
        unread -= 1;
        await route.fulfill({ json: { items: unread === 0 ? [ticket] : [] } });
      });
    });
    unread = await goalOf(page, 'show_funding').count();
    await page.getByLabel('First level (tickets)').fill('999999999999');
    await button(page, 'Open the goal').click();
    const alert = page.getByRole('alert');
    await alert.getByText('Last level (tickets)').waitFor();
    stage().complaints.splice(0);
    release();
    await page.getByRole('heading', { name: /You (own a ticket|may watch)/ }).waitFor();
    expect(await alert.getByText('Last level (tickets)').isVisible()).toBe(true);
    await page.getByLabel('First level (tickets)').fill('10');
    await button(page, 'Open the goal').click();
    await alert.waitFor({ state: 'hidden' });
    await close(page);
  });

  it('plays a paid show from the countdown to the settlement', async () => {
    const page = await visit();
    await page.getByLabel('First level (tickets)').fill('5');
    await page.getByLabel('Stays open (minutes)').fill('0.1');
    await page.getByLabel('Start the show when the countdown ends').check();
    await button(page, 'Open the goal').click();
    await page.getByRole('log').getByText('Show funding goal opened').first().waitFor();
    const funding = goalOf(page, 'show_funding').first();
    await funding.getByText('Closes in').waitFor();
    await funding.getByRole('button', { name: 'Buy ten' }).click();
    await page.getByRole('log').getByText('Show funding goal has reached what the show needs').waitFor();

    const show = goalOf(page, 'show').and(page.locator(':has(:text("Go on stage"))')).first();
    await show.getByRole('button', { name: 'Go on stage' }).click();
    await show.getByText('On stage, ends in').waitFor();
    await funding.getByText('The show is on; late tickets are sold').waitFor();
    await funding.getByRole('button', { name: 'Buy a ticket' }).click();
    await funding.getByText('1 late').waitFor();
    await funding.getByRole('button', { name: 'Refund my last ticket' }).click();
    await funding.getByText('1 late').waitFor({ state: 'hidden' });
    await page.getByRole('log').getByText('Show goal reached: five seconds').waitFor();
    await show.getByRole('button', { name: 'Finish the show' }).click();

    await show.getByText('The show was delivered').waitFor();
    await funding.getByText('1 payment, 10 tickets, all charged').waitFor();
    expect(await funding.getByRole('listitem').filter({ hasText: 'charged' }).allTextContents()).toEqual([
      '10 tickets: charged',
    ]);
    await funding.getByRole('button', { name: 'Buy a ticket' }).waitFor({ state: 'hidden' });
    await close(page);
  }, 60_000);
}
