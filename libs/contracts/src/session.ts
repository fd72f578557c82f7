import type { Id, Instant } from './values.js';

/** A media track that a publisher sends into a session. */
export interface RtcSource {
  publisher_id: string;
  kind: string;
  track: string;
  since: Instant;
}

/** The slots of a session that hold one goal at a time. */
export const slotFields = ['karaoke_goal', 'trigger_private_goal'] as const;

/** The lists of pairs of a session. The goal in the first field opens a pair, the one in the second completes it. */
export const pairLists = {
  show_goal_pairs: ['funding_goal', 'show_goal'],
  exclusive_goal_pairs: ['trigger_goal', 'exclusive_goal'],
} as const;

/** Name of a slot that holds one goal at a time. */
export type SlotField = (typeof slotFields)[number];

/** Name of a list of pairs. */
export type PairList = keyof typeof pairLists;

/** A session with its bindings, ids as strings or null. */
export interface Session extends Record<SlotField, Id | null> {
  session_id: Id;
  user: Id;
  active: boolean;
  show_goal_pairs: { funding_goal: Id | null; show_goal: Id | null }[];
  exclusive_goal_pairs: { trigger_goal: Id | null; exclusive_goal: Id | null }[];
  rtc_sources: RtcSource[];
  created_at: Instant;
}
