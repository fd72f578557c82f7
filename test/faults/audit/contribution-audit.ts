import { toObjectId } from '#platform';
import type { Contributions } from '../load/contributions.js';
import type { Stage } from '../stage/stage.js';

/** Whether what was paid is what is counted: of each goal, what was acknowledged to its clients, its entries and its progress. */
export interface ContributionAudit {
  lost: string[];
  duplicated: string[];
}

interface Entry {
  source_id: string;
  amount: number;
}

/** Compares what was acknowledged to clients with the collections. */
export async function auditContributions(stage: Stage, given: Contributions): Promise<ContributionAudit> {
  const audit: ContributionAudit = { lost: [], duplicated: [] };
  for (const [goalId, accepted] of given.accepted) {
    const entries = (await stage.db
      .collection('goal_contribution')
      .find({ goal_id: toObjectId(goalId) })
      .toArray()) as unknown as Entry[];
    const goal = await stage.db.collection('goal').findOne({ _id: toObjectId(goalId) });
    const stored = new Set(entries.map(({ source_id }) => source_id));
    for (const source of accepted.keys())
      if (!stored.has(source)) audit.lost.push(`${source} of ${goalId} is not stored`);
    if (entries.length > stored.size)
      audit.duplicated.push(`${goalId} has ${entries.length} entries of ${stored.size} sources`);
    const acknowledged = sum([...accepted.values()]);
    const kept = sum(entries.map(({ amount }) => amount));
    const progress = countedOf(goal ?? {});
    if (progress < acknowledged)
      audit.lost.push(`${goalId} has progress ${progress}, acknowledged were ${acknowledged}`);
    if (progress !== kept || kept > acknowledged)
      audit.duplicated.push(
        `${goalId} has progress ${progress}, entries of ${kept}, acknowledged were ${acknowledged}`,
      );
  }
  return audit;
}

/** Whether the screens got the last progress of each goal. */
export function isProgressTold(stage: Stage, given: Contributions): boolean {
  const shown = new Map<string, number>();
  for (const { name, data } of stage.pusher.accepted)
    if (name === 'goal.progressed')
      shown.set(String(data.goal_id), Math.max(countedOf(data), shown.get(String(data.goal_id)) ?? 0));
  return [...given.accepted].every(
    ([goalId, accepted]) => (shown.get(goalId) ?? 0) === sum([...accepted.values()]),
  );
}

/** What a goal has counted, also after its countdown. */
function countedOf({ progress, late_tickets }: Record<string, unknown>): number {
  return Number(progress) + Number(late_tickets ?? 0);
}

function sum(amounts: number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}
