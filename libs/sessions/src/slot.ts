import { type GoalClass, type PairList, pairLists, type SlotField } from '#contracts';
import { hasDefault, type SessionRecord } from './session.schema.js';

/** A slot that holds one goal at a time; the next goal replaces one that is over. */
export interface SingleSlot {
  kind: 'single';
  field: SlotField;
}

/** The first place of a pair: each goal of the class adds a pair to the list. */
export interface OpeningSlot {
  kind: 'opens-pair';
  pairs: PairList;
}

/** The second place of a pair: for the goal that names the one which opened the pair. Taken once, it is never free again. */
export interface CompletingSlot {
  kind: 'completes-pair';
  pairs: PairList;
  opener: PairOpener;
}

/** Which goal opens the pair that a goal completes. */
export interface PairOpener {
  class: GoalClass;
  /** Where the completing goal names it in its context. */
  reference: 'funding_goal_id' | 'trigger_exclusive_goal_id';
  /** Where its own context names the completing goal. */
  boundAs: 'show_goal_id' | 'exclusive_goal_id';
}

/** Where in a session the goals of a class stand. */
export type Slot = SingleSlot | OpeningSlot | CompletingSlot;

/** Which goal opens the pair that a goal in this slot completes; undefined for other slots. */
export const openerOf = (slot: Slot): PairOpener | undefined =>
  slot.kind === 'completes-pair' ? slot.opener : undefined;

type StoredId = SessionRecord['_id'] | null | undefined;

/** The pairs of a list, whatever their fields are called. */
export function pairsOf(session: SessionRecord, list: PairList): { first: StoredId; second: StoredId }[] {
  const [first, second] = pairLists[list];
  const pairs = (session[list] ?? []) as Record<string, StoredId>[];
  return pairs.map((pair) => ({ first: pair[first], second: pair[second] }));
}

/** Whether a goal stands in its slot of a session. */
export function isBound(session: SessionRecord, slot: Slot, goalId: string): boolean {
  const isGoal = (id: StoredId) => id?.toHexString() === goalId;
  if (slot.kind === 'single') return isGoal(session[slot.field]);
  const place = slot.kind === 'opens-pair' ? 'first' : 'second';
  return pairsOf(session, slot.pairs).some((pair) => isGoal(pair[place]));
}

/** Whether new sessions have this slot, and have it empty. */
export function isInNewSessions(slot: Slot): boolean {
  return hasDefault(slot.kind === 'single' ? slot.field : slot.pairs);
}
