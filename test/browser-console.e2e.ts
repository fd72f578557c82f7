import type { Browser, Page } from 'playwright-core';
import { chromium, describeInBrowser, picture, wide } from './browser-demo.js';
import { launchChromium } from './chromium.js';
import { showBody, tokenFor, until } from './client.js';
import { useService } from './service.js';

describeInBrowser('the console of operators', () => {
  const service = useService({ DELIVERY_ATTEMPTS: '3', DELIVERY_BACKOFF_MS: '700' }, { sink: true });
  const { queues, sink } = service;
  const complaints: string[] = [];
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    browser = await launchChromium(chromium!);
    page = await (await browser.newContext({ ...wide, colorScheme: 'light' })).newPage();
    page.setDefaultTimeout(10_000);
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
  }, 60_000);
  afterAll(() => browser?.close());

  const late = () => page.getByRole('list', { name: 'What is late' });
  const tell = async (goalId: string) => {
    await page.getByLabel('Goal').fill(goalId);
    await page.getByRole('button', { name: 'Tell its story' }).click();
    await page.getByRole('heading', { name: goalId }).waitFor();
  };

  it('lets nobody in without the token of an admin', async () => {
    for (const path of ['/admin', '/admin/console.js', '/admin/api/overview']) {
      expect((await fetch(service.baseUrl + path)).status).toBe(401);
      const authorization = `Bearer ${await tokenFor('viewer', ['streamer'])}`;
      expect((await fetch(service.baseUrl + path, { headers: { authorization } })).status).toBe(403);
    }
    await page.goto(`${service.baseUrl}/admin`);
    await page.getByLabel('Token of an admin').fill(await tokenFor('ops', ['admin']));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('MongoDB answers').waitFor();
    // The browser notes that it was first refused.
    complaints.length = 0;
  });

  it('says why one goal is late, replays what is dead, and then that nothing is late', async () => {
    sink.misbehave('goal.added', { status: 500 });
    const streamer = service.client();
    const { sessionId, fundingGoalId } = await streamer.openFundedSession();
    const goalId = await streamer.createGoal('show', showBody(sessionId, fundingGoalId));
    await until(async () => (await streamer.session(sessionId)).show_goal_pairs[0]?.show_goal === goalId);

    await tell(goalId);
    await late().getByText('notify for goal.added').waitFor();
    expect(await late().textContent()).toContain('and is tried again');
    await picture(page, 'console-late.png', true);

    await queues.deadDelivery('deliveries.push', goalId, 'notify');
    await queues.deadDelivery('deliveries.push', fundingGoalId, 'notify');
    await page.reload();
    await late().getByText('has used all its attempts').waitFor();
    expect(await late().textContent()).toContain('Pusher answered 500');
    const letter = page
      .getByRole('row')
      .filter({ hasText: goalId })
      .filter({ hasText: 'goal.added → notify' });
    await picture(page, 'console-dead.png', true);

    sink.behave();
    await letter.getByRole('button', { name: 'Replay' }).click();
    await page.getByText('Replayed deliveries.push/').waitFor();
    await queues.settled();
    await page.reload();
    await page.getByText('Nothing is late.').waitFor();
    expect(sink.accepted.some(({ name, data }) => name === 'goal.added' && data.goal_id === goalId)).toBe(
      true,
    );
    await picture(page, 'console-mended.png', true);
    const [line] = await service.documents('audit_log');
    expect(line).toMatchObject({ act: 'replay_job', actor: { user_id: 'ops' } });
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
      wide.viewport.width,
    );
    expect(complaints).toEqual([]);
  }, 60_000);

  it('says that there is no such goal', async () => {
    await page.goto(`${service.baseUrl}/admin#0123456789abcdef01234567`);
    await page.reload();
    await page.getByText('There is no goal 0123456789abcdef01234567.').waitFor();
    complaints.length = 0;
  });
});
