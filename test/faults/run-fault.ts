import { setTimeout as wait } from 'node:timers/promises';
import { auditContributions } from './audit/contribution-audit.js';
import { auditGoals } from './audit/goal-audit.js';
import { settled } from './audit/settled.js';
import type { Fault, FaultTools } from './kinds/fault.js';
import { Clients } from './load/clients.js';
import type { AcceptedGoal } from './load/creates.js';
import { prepareGround } from './load/places.js';
import { outageRow, type OutageRow } from './report/outage-row.js';
import { recovery } from './report/recovery.js';
import type { Row } from './report/row.js';
import { stallRow, type StallRow } from './report/stall-row.js';
import type { Stage } from './stage/stage.js';

/** What came of one kind of fault. */
export interface FaultResult {
  row: Row;
  outage?: OutageRow;
  stall?: StallRow;
  accepted: AcceptedGoal[];
}

/** How a suite runs its faults. */
export interface Form {
  isShort: boolean;
  /** Decides what the clients do. */
  random: () => number;
}

/** Runs the clients, injects the fault as often as it is to be, lets everything settle, and counts. */
export async function runFault<On extends Stage>(
  fault: Fault<On>,
  tools: FaultTools<On>,
  { isShort, random }: Form,
): Promise<FaultResult> {
  const { stage, outages, failovers } = tools;
  const ground = await prepareGround(stage, isShort ? 200 : 600);
  await fault.before?.(tools);
  const clients = new Clients(stage, ground, random);
  const ends: number[] = [];
  const times = isShort ? 1 : fault.times;
  clients.start();
  await wait(1_000);
  for (let time = 0; time < times; time++) {
    await fault.inject(tools);
    ends.push(Date.now());
    await wait(tools.ms(2_500, 1_500));
  }
  const unanswered = await clients.stop();
  const unsettled = await settled(stage, clients);
  const settledAt = Date.now();
  clients.probe.stop();
  await fault.after?.(tools);
  // What is accepted from here on belongs to requests that were counted as unanswered.
  const accepted = [...clients.creates.accepted];
  const goals = await auditGoals(stage, accepted);
  const sums = await auditContributions(stage, clients.gifts);
  const away = outages.all.splice(0);
  const elected = failovers.splice(0);
  const { attempts } = clients.client;
  return {
    accepted,
    outage: away[0] && outageRow(fault.name, away, attempts, clients.probe.pulses),
    stall: elected[0] && stallRow(fault.name, elected, attempts, !isShort),
    row: {
      fault: fault.name,
      injected: times,
      accepted: accepted.length + clients.gifts.count,
      failed: goals.failed.length,
      lost: goals.lost.length + sums.lost.length,
      duplicated: goals.duplicated.length + sums.duplicated.length,
      repeatedPushes: goals.repeatedPushes,
      ...recovery(ends, accepted),
      settledMs: settledAt - (ends.at(-1) ?? settledAt),
      faults: [
        ...(unanswered > 0 ? [`${unanswered} requests have no answer after a minute`] : []),
        ...unsettled,
        ...[goals, sums].flatMap(({ lost, duplicated }) => [...lost, ...duplicated]),
        ...clients.faults(),
        ...stage.unexpectedEnds.splice(0),
        ...stage.pusher.faults.splice(0),
      ],
      statuses: clients.statuses(),
    },
  };
}
