import { idFrom, toObjectId } from '#platform';
import { Client } from '../../client.js';
import type { AcceptedGoal } from '../load/creates.js';
import type { Stage } from '../stage/stage.js';
import { countsOf, type EffectCounts } from './effects.js';

/** What became of the accepted goals. */
export interface GoalAudit {
  /** Accepted, neither whole nor shown as failed; each with what it lacks. */
  lost: string[];
  /** An effect that is there more than once. */
  duplicated: string[];
  /** Shown as failed. */
  failed: string[];
  /** Pushes of goal.added beyond the first, all with one event id. */
  repeatedPushes: number;
}

const stored = ['document', 'pair', 'funding', 'feed', 'analytics'] as const;

/** Compares what was accepted with what is stored and what was pushed. */
export async function auditGoals(stage: Stage, accepted: AcceptedGoal[]): Promise<GoalAudit> {
  const counts = await countsOf(stage.db, accepted);
  const pushes = pushesOf(stage);
  const audit: GoalAudit = { lost: [], duplicated: [], failed: [], repeatedPushes: 0 };
  const goals = accepted.map(({ goalId }) => goalId);
  for (const goalId of duplicatesIn(goals)) audit.duplicated.push(`${goalId}: accepted for two places`);
  for (const [index, goal] of accepted.entries()) {
    const count: EffectCounts = counts[index]!;
    const pushed = pushes.get(goal.goalId) ?? { total: 0, eventIds: new Set<string>() };
    const lacks: string[] = stored.filter((effect) => count[effect] === 0);
    if (!pushed.eventIds.has(idFrom('goal.added', goal.goalId))) lacks.push('push');
    if (lacks.length > 0) {
      if (await isShownAsFailed(stage, goal)) audit.failed.push(goal.goalId);
      else audit.lost.push(`${goal.goalId} lacks ${lacks.join(', ')}`);
    }
    const twice = stored.filter((effect) => count[effect] > 1).map((effect) => `${count[effect]} ${effect}`);
    if (count.rivals > 0) twice.push(`${count.rivals} other goals for its funding goal`);
    if (pushed.eventIds.size > 1) twice.push(`${pushed.eventIds.size} event ids`);
    if (twice.length > 0) audit.duplicated.push(`${goal.goalId}: ${twice.join(', ')}`);
    audit.repeatedPushes += Math.max(0, pushed.total - 1);
  }
  return audit;
}

/** Whether nothing is lacking; cheaper than an audit, to be asked again and again. */
export async function isWhole(stage: Stage, accepted: AcceptedGoal[]): Promise<boolean> {
  const pushes = pushesOf(stage);
  if (accepted.some(({ goalId }) => !pushes.has(goalId))) return false;
  const counts = await countsOf(stage.db, accepted);
  return counts.every((count) => stored.every((effect) => count[effect] > 0));
}

function pushesOf(stage: Stage): Map<string, { total: number; eventIds: Set<string> }> {
  const pushes = new Map<string, { total: number; eventIds: Set<string> }>();
  for (const { name, data } of stage.pusher.accepted) {
    if (name !== 'goal.added') continue;
    const goalId = String(data.goal_id);
    const seen = pushes.get(goalId) ?? { total: 0, eventIds: new Set<string>() };
    seen.total++;
    seen.eventIds.add(String(data.event_id));
    pushes.set(goalId, seen);
  }
  return pushes;
}

async function isShownAsFailed(stage: Stage, { goalId, streamerId }: AcceptedGoal): Promise<boolean> {
  const { status } = await new Client(stage.api.url, streamerId).goal(toObjectId(goalId).toHexString());
  return (status as string) === 'failed';
}

function duplicatesIn(ids: string[]): string[] {
  return ids.filter((id, index) => ids.indexOf(id) !== index);
}
