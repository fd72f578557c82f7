import { newId, toObjectId } from '#platform';
import { goalDefinitions } from '../create-goal/goal-definitions.js';
import type { OutboxEntry } from './goal-changed.event.js';
import type { GoalRecord } from './goal.schema.js';
import { LifecycleStore } from './lifecycle.store.js';

const now = new Date('2026-09-21T14:00:00Z');

/** A write of a step. */
interface Write {
  filter: { version?: number };
  update: { $set: object; $push: { outbox: OutboxEntry }; $inc: { version: number } };
}

/** A goal as MongoDB keeps it; somebody else changes it each time between a read of it and what follows. */
function storeOf(stored: Partial<GoalRecord>, meanwhile: Partial<GoalRecord>[]) {
  const _id = toObjectId(newId());
  let goal = { _id, _cls: 'ShowFundingGoal', ...stored } as GoalRecord;
  const isOfVersion = ({ version }: { version?: number | { $in: unknown[] } }) =>
    version === undefined ||
    (typeof version === 'object' ? version.$in.includes(goal.version ?? null) : version === goal.version);
  const collection = {
    find: () => {
      const read = { ...goal };
      const change = meanwhile.shift();
      if (change) goal = { ...goal, ...change };
      return { toArray: async () => [read] };
    },
    bulkWrite: async ([{ updateOne }]: [{ updateOne: Write }]) => {
      const { filter, update } = updateOne;
      if (!isOfVersion(filter)) return { matchedCount: 0 };
      const { $set, $push, $inc } = update;
      const outbox = [...(goal.outbox ?? []), $push.outbox];
      goal = { ...goal, ...$set, outbox, version: (goal.version ?? 0) + $inc.version };
      return { matchedCount: 1 };
    },
  };
  const store = new LifecycleStore(
    { collection } as never,
    { now: () => now } as never,
    goalDefinitions,
    { performanceSilenceMs: 60_000 } as never,
    // Steps that nobody asked for are not recorded.
    undefined as never,
    undefined as never,
  );
  return { store, id: _id.toHexString(), goal: () => goal };
}

const active = { status: 'active' as const, active: true, version: 3 };
const cancelled = {
  status: 'cancelled' as const,
  active: false,
  version: 4,
  cancel_reason: 'cancelled' as const,
};

describe('a step of a goal that somebody else changes at the same time', () => {
  it('is not taken where the goal is over by then, and leaves it as it is', async () => {
    const { store, id, goal } = storeOf(active, [cancelled]);
    expect(await store.step(id, 'expire')).toEqual({ goal: goal(), taken: false });
    expect(goal()).toMatchObject(cancelled);
  });

  it('is not taken a second time where the same step was', async () => {
    const expired = { status: 'expired' as const, active: false, version: 4, ended_at: new Date(0) };
    const { store, id, goal } = storeOf(active, [expired]);
    expect(await store.step(id, 'expire')).toMatchObject({ taken: false, goal: expired });
    expect(goal()).toMatchObject(expired);
  });

  it('is taken on what the goal has become where it is still open, as often as that takes', async () => {
    const { store, id, goal } = storeOf(active, [
      { version: 4, progress: 5 },
      { version: 5, progress: 9 },
    ]);
    expect(await store.step(id, 'cancel', { reason: 'session_ended' })).toMatchObject({ taken: true });
    expect(goal()).toMatchObject({
      status: 'cancelled',
      active: false,
      version: 6,
      progress: 9,
      cancel_reason: 'session_ended',
      ended_at: now,
      outbox: [{ type: 'goal.cancelled', scheduled_for: null }],
    });
  });

  it.each([undefined, 0])('is taken on a goal whose version is %p', async (version) => {
    const { store, id, goal } = storeOf({ status: 'scheduled', version }, [{ version: 1, progress: 1 }]);
    expect(await store.step(id, 'activate')).toMatchObject({ taken: true });
    expect(goal()).toMatchObject({ status: 'active', version: 2, progress: 1, activated_at: now });
    const untouched = storeOf({ status: 'scheduled', version }, []);
    expect(await untouched.store.step(untouched.id, 'activate')).toMatchObject({ taken: true });
  });
});
