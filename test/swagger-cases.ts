import { type GoalType, goalTypes } from '#contracts';
import { isDeepStrictEqual } from 'node:util';
import type { Locator, Page } from 'playwright-core';
import { picture } from './browser-demo.js';
import { type BrowserStage, close } from './browser-stage.js';
import { until } from './client.js';

const references: Partial<Record<GoalType, string>> = {
  show: 'funding_goal_id',
  exclusive: 'trigger_exclusive_goal_id',
};
// High enough for a request and its answer.
const screen = { viewport: { width: 1000, height: 1680 } };

/** Swagger UI and the queue board, on the stage of who asks; whether there are complaints is for them to check. */
export function swaggerCases(stage: () => BrowserStage): void {
  let page: Page;

  beforeEach(async () => {
    page = await stage().visit('/docs', screen);
  });
  afterEach(() => close(page));

  /** An operation, unfolded. */
  async function unfolded(name: string): Promise<Locator> {
    const block = page.locator(`[id$="-${name}"].opblock`);
    const button = block.getByRole('button', { name: 'Execute' });
    if (!(await button.isVisible())) await block.locator('.opblock-summary-control').click();
    await button.waitFor();
    return block;
  }
  const bodyOf = (block: Locator) => block.locator('textarea.body-param__text');
  const typeOf = (block: Locator) => block.locator('tr[data-param-name=goal_type] select');
  const exampleOf = (block: Locator) => block.locator('.examples-select select').first();

  /** Sends a request as it stands there; returns its answer once it is shown. */
  async function execute(block: Locator): Promise<{ status: number; body: Record<string, unknown> }> {
    await block.getByRole('button', { name: 'Execute' }).click();
    const answer = block.locator('.live-responses-table');
    await answer.waitFor();
    return {
      status: Number(await answer.locator('.response-col_status').last().innerText()),
      body: JSON.parse(await answer.locator('.highlight-code code').first().innerText()) as Record<
        string,
        unknown
      >,
    };
  }

  /** Gives a token, once: it is kept over a reload. */
  async function authorize(): Promise<void> {
    // It has one of the demo from the start.
    await page.locator('.btn.authorize.locked').click();
    const dialog = page.locator('.modal-ux');
    await dialog.getByRole('button', { name: 'Remove authorization' }).click();
    await dialog.getByRole('textbox').fill(stage().token('streamer'));
    await dialog.getByRole('button', { name: 'Apply credentials' }).click();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await page.reload();
    await page.locator('.btn.authorize.locked').waitFor();
  }

  /** The body that is shown, once it is the example of this type. */
  const bodyFor = (create: Locator, goalType: GoalType) =>
    until(async () => {
      if ((await exampleOf(create).inputValue()) !== goalType) return undefined;
      const body = JSON.parse(await bodyOf(create).inputValue()) as { context: object; exp?: number };
      const ids = [references[goalType], 'session_id'].filter((id) => id !== undefined);
      const isIts = isDeepStrictEqual(Object.keys(body.context), ids);
      return isIts && (body.exp === undefined) === (goalType === 'show') && body;
    });

  it('shows the body of the goal_type that is chosen, and the goal_type of the body', async () => {
    const create = await unfolded('createGoal');
    await bodyFor(create, 'show');
    for (const goalType of Object.values(goalTypes).toReversed()) {
      await typeOf(create).selectOption(goalType);
      await bodyFor(create, goalType);
    }
    await exampleOf(create).selectOption('karaoke');
    await until(async () => (await typeOf(create).inputValue()) === 'karaoke');
  }, 60_000);

  it('has the ids and a token of the demo, so that requests work as they stand', async () => {
    await page.locator('.btn.authorize.locked').waitFor();
    const config = (await (await fetch(`${stage().url}/demo/config.json`)).json()) as Record<string, string>;
    const goal = await execute(await unfolded('getGoal'));
    expect(goal).toMatchObject({ status: 200, body: { goal_id: config.funding_goal_id } });
    const session = await execute(await unfolded('getSession'));
    expect(session).toMatchObject({ status: 200, body: { session_id: config.session_id } });
    const paid = await execute(await unfolded('contribute'));
    expect(paid).toMatchObject({ status: 201, body: { goal_id: config.funding_goal_id } });
    expect(await execute(await unfolded('getAuditLog'))).toMatchObject({ status: 200 });
    const create = await unfolded('createGoal');
    expect(await bodyFor(create, 'show')).toMatchObject({
      context: { session_id: config.session_id, funding_goal_id: config.funding_goal_id },
    });
    await typeOf(create).selectOption('karaoke');
    await bodyFor(create, 'karaoke');
    expect(await execute(create)).toMatchObject({ status: 202 });
  }, 60_000);

  it('takes a token, and creates a goal: 202', async () => {
    await authorize();
    const opened = await execute(await unfolded('openSession'));
    expect(opened.status).toBe(201);
    const create = await unfolded('createGoal');
    await typeOf(create).selectOption('show_funding');
    const body = await bodyFor(create, 'show_funding');
    const context = { session_id: opened.body.session_id };
    await bodyOf(create).fill(JSON.stringify({ ...body, context }, null, 2));
    const accepted = await execute(create);
    expect(accepted).toEqual({
      status: 202,
      body: { goal_id: expect.stringMatching(/^[0-9a-f]{24}$/) as string },
    });
    await create.evaluate((node) => node.scrollIntoView());
    await picture(page, 'swagger.png');

    const get = await unfolded('getGoal');
    await get.locator('tr[data-param-name=goal_id] input').fill(accepted.body.goal_id as string);
    const { status, body: goal } = await execute(get);
    expect(status).toBe(200);
    expect(goal).toMatchObject({ goal_id: accepted.body.goal_id, goal_type: 'show_funding', context });
  }, 60_000);

  it('has the operations under its content security policy', async () => {
    await page.locator('#operations-goals-createGoal').waitFor();
    await page.locator('#operations-goals-createGoal button').first().click();
    await page.getByText('Idempotency-Key').first().waitFor();
  });

  it('has the queue board beside it, which asks for a token and shows the queues under its own policy', async () => {
    const board = await stage().visit('/admin/queues');
    await board.getByLabel('Token of an admin').fill(stage().token('admin'));
    stage().complaints.length = 0;
    await board.getByRole('button', { name: 'Sign in' }).click();
    await board.getByText('create_goal').first().waitFor();
    // The one thing that it would load from elsewhere; it does as well without.
    const complaints = stage().complaints.splice(0);
    expect(complaints.filter((complaint) => !complaint.includes('fonts.googleapis.com'))).toEqual([]);
    await close(board);
  });
}
