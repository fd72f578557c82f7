import { setTimeout as wait } from 'node:timers/promises';
import { until } from '../client.js';
import { Platform } from './platform.js';
import { settledEvents } from './pushed.js';
import type { Stage } from './stage.js';

/** How much there is of everything. */
export interface Crowd {
  tickets: number;
  voids: number;
  /** Calls in flight together. */
  atOnce: number;
  /** From the first ticket to the end of the countdown, which is to come in the middle. */
  secondsToExp: number;
}

/** What became of the payments of one source. */
interface Source {
  id: string;
  amount: number;
  paid: boolean;
  voided: boolean;
}

/**
 * Sells tickets over the end of the countdown while sources are voided at random, a third of all calls is sent twice, and three
 * processes are killed. Returns what was not as it should be: the total is the sum of what was accepted and not voided, every such
 * ticket is in the settlement once, and no other one.
 */
export async function ticketsWithVoids(stage: Stage, crowd: Crowd, random: () => number): Promise<string[]> {
  const platform = new Platform(stage);
  const sessionId = await platform.openSession();
  const fundingId = await platform.openFunding(sessionId, {
    levels: [{ target: 10 }],
    exp: Math.ceil(Date.now() / 1000) + crowd.secondsToExp,
    show: { levels: [{ target: 1 }], start: 'on_countdown_end' },
  });
  const sources = Array.from({ length: crowd.tickets }, (_, index): Source => {
    return { id: `t${index}`, amount: 1 + Math.floor(random() * 5), paid: false, voided: false };
  });
  const faults: string[] = [];
  let late = 0;

  const pay = async (source: Source): Promise<void> => {
    const { id, amount } = source;
    const { status, body } = await platform.contribute(fundingId, id, `buyer-${id}`, amount);
    if (status === 200 || status === 201) source.paid = true;
    else if (body.code !== 'sales_closed') faults.push(`payment ${id}: ${status} ${JSON.stringify(body)}`);
    if (body.late === true) late++;
  };
  const refund = async (source: Source): Promise<void> => {
    const { status, body } = await platform.voidContribution(fundingId, source.id);
    if (status === 200) source.voided = true;
    else faults.push(`void of ${source.id}: ${status} ${JSON.stringify(body)}`);
  };
  const calls: (() => Promise<void>)[] = sources.map((source) => () => pay(source));
  // A void may come before its payment, beside it or after it.
  for (let count = 0; count < crowd.voids; count++) {
    const source = sources[Math.floor(random() * sources.length)]!;
    calls.splice(Math.floor(random() * calls.length), 0, () => refund(source));
  }
  const twice = calls.map((call) => (random() < 1 / 3 ? () => Promise.all([call(), call()]) : call));

  const begin = Date.now();
  let next = 0;
  const client = async () => {
    while (next < twice.length) {
      // Not faster than the plan, so that the countdown ends in the middle.
      const dueMs = (next / twice.length) * crowd.secondsToExp * 2000 - (Date.now() - begin);
      const call = twice[next++]!;
      if (dueMs > 0) await wait(dueMs);
      await call();
    }
  };
  const clients = Promise.all(Array.from({ length: crowd.atOnce }, client));
  const kills = (async () => {
    for (const victim of [stage.workers[0]!, stage.apis[0]!, stage.workers[1]!]) {
      await wait(crowd.secondsToExp * 500);
      await (
        await stage.crash(victim)
      ).restarted;
    }
  })();
  await Promise.all([clients, kills]);

  const { context } = await until(async () => {
    const goal = await platform.goal(fundingId);
    return goal.context.show_goal_id && goal;
  }, 60_000);
  const finish = await platform.asService('POST', `/goals/${context.show_goal_id}/finish`, {
    delivered: true,
  });
  if (finish.status !== 200) faults.push(`finish: ${JSON.stringify(finish.body)}`);
  const settlement = await platform.settlement(fundingId);

  const counted = sources.filter(({ paid, voided }) => paid && !voided);
  const total = counted.reduce((sum, { amount }) => sum + amount, 0);
  console.log(
    `      ${counted.length} tickets of ${sources.length} count, ${late} answers said late, ` +
      `${sources.filter(({ voided }) => voided).length} sources voided, total ${total}`,
  );
  if (late === 0 || late === crowd.tickets) faults.push('the countdown did not end in the middle');
  if (settlement.outcome !== 'delivered') faults.push(`the outcome is ${settlement.outcome}`);
  if (settlement.total !== total) faults.push(`the total is ${settlement.total}, not ${total}`);
  if (settlement.tickets !== counted.length)
    faults.push(`${settlement.tickets} tickets are settled, not ${counted.length}`);
  const settled = settlement.items.map(({ source_id }) => source_id);
  if (new Set(settled).size !== settled.length) faults.push('a ticket is in the settlement twice');
  const missing = counted.filter(({ id }) => !settled.includes(id));
  if (missing.length > 0) faults.push(`${missing.length} tickets are not in the settlement`);
  if (settled.length > counted.length)
    faults.push(`${settled.length - counted.length} tickets too many are in it`);
  const goal = await platform.goal(fundingId);
  if (goal.progress + goal.late_tickets! !== total)
    faults.push(`progress ${goal.progress} and late_tickets ${goal.late_tickets} do not add up to ${total}`);
  faults.push(...(await settledEvents(stage, [fundingId])));
  return faults;
}
