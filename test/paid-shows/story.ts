import { isDeepStrictEqual } from 'node:util';
import { until } from '../client.js';
import { Platform, type Settlement } from './platform.js';
import type { Stage } from './stage.js';
import { settledEvents } from './pushed.js';

/** One show from its first ticket to its settlement, step by step. */
class Story {
  private sessionId: string;
  private fundingId: string;
  private showId: string;
  private readonly platform: Platform;

  constructor(
    stage: Stage,
    private readonly exp: number,
  ) {
    this.platform = new Platform(stage);
  }

  readonly steps: [string, () => Promise<unknown>][] = [
    ['opens the session', async () => (this.sessionId = await this.platform.openSession())],
    [
      'opens the funding goal',
      async () => {
        this.fundingId = await this.platform.openFunding(this.sessionId, {
          levels: [{ target: 3 }, { target: 30 }],
          exp: this.exp,
          show: { levels: [{ title: 'a second on stage', target: 1 }], start: 'on_countdown_end' },
        });
      },
    ],
    ['sells a ticket', () => this.pays('first', 2, 201)],
    ['sells another', () => this.pays('second', 1, 201)],
    ['sells a third', () => this.pays('third', 1, 201)],
    ['refunds the third', () => this.refunds('third')],
    [
      'sees the show start by itself',
      async () => {
        const funding = await until(async () => {
          const goal = await this.platform.goal(this.fundingId);
          return goal.context.show_goal_id && goal;
        }, 60_000);
        this.showId = funding.context.show_goal_id!;
      },
    ],
    ['begins to perform', () => this.performs('begin', 'live')],
    [
      'sees the first level reached',
      () => until(async () => (await this.platform.goal(this.showId)).level === 1, 30_000),
    ],
    ['sells a late ticket', () => this.pays('late', 1, 201)],
    ['pauses', () => this.performs('pause', 'paused')],
    [
      'finishes',
      async () => {
        const { status, body } = await this.platform.asStreamer('POST', `/goals/${this.showId}/finish`, {});
        if (status !== 200) throw new Error(`finish: ${status} ${JSON.stringify(body)}`);
      },
    ],
  ];

  get goalId(): string {
    return this.fundingId;
  }

  settlement(): Promise<Settlement> {
    return this.platform.settlement(this.fundingId);
  }

  private async pays(source: string, amount: number, expected: number): Promise<void> {
    const first = await this.platform.contribute(this.fundingId, source, `buyer-${source}`, amount);
    const again = await this.platform.contribute(this.fundingId, source, `buyer-${source}`, amount);
    // A crash may have eaten the answer to the first try, so that a retry was told 200.
    if (![expected, 200].includes(first.status) || again.status !== 200)
      throw new Error(`payment ${source}: ${first.status}, ${again.status} ${JSON.stringify(again.body)}`);
  }

  private async refunds(source: string): Promise<void> {
    const { status, body } = await this.platform.voidContribution(this.fundingId, source);
    if (status !== 200) throw new Error(`void: ${status} ${JSON.stringify(body)}`);
  }

  private async performs(source_id: string, state: 'live' | 'paused'): Promise<void> {
    const path = `/goals/${this.showId}/performance`;
    const { status, body } = await this.platform.asService('POST', path, { source_id, state });
    if (status !== 200) throw new Error(`performance: ${status} ${JSON.stringify(body)}`);
  }
}

const expected: Settlement = {
  outcome: 'delivered',
  void_reason: null,
  tickets: 3,
  total: 4,
  items: [
    { source_id: 'first', user_id: 'buyer-first', amount: 2, action: 'capture' },
    { source_id: 'second', user_id: 'buyer-second', amount: 1, action: 'capture' },
    { source_id: 'late', user_id: 'buyer-late', amount: 1, action: 'capture' },
  ],
};

/**
 * Plays shows side by side and kills a worker between each pair of steps. Returns what was not as it should be: each show has to
 * end with the same settlement, told once.
 */
export async function storyWithKills(stage: Stage, shows: number): Promise<string[]> {
  const faults: string[] = [];
  const begin = Date.now();
  await (
    await stage.crash(stage.workers[0]!)
  ).restarted;
  // Six steps come before the end of the countdown, each of them with a crash.
  const exp = Math.ceil((Date.now() + 6 * (Date.now() - begin)) / 1000) + 5;
  const stories = Array.from({ length: shows }, () => new Story(stage, exp));
  let restarted: Promise<unknown> = Promise.resolve();
  for (const [index, [name]] of stories[0]!.steps.entries()) {
    const outcomes = await Promise.allSettled(stories.map((story) => story.steps[index]![1]()));
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') faults.push(`a streamer ${name}: ${String(outcome.reason)}`);
    if (faults.length > 0) return faults;
    await restarted;
    ({ restarted } = await stage.crash(stage.workers[index % 2]!));
  }
  await restarted;
  for (const story of stories) {
    const settlement = await story.settlement();
    if (!isDeepStrictEqual(settlement, expected)) faults.push(`settled as ${JSON.stringify(settlement)}`);
  }
  faults.push(
    ...(await settledEvents(
      stage,
      stories.map(({ goalId }) => goalId),
    )),
  );
  return faults;
}
