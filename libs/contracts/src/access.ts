import type { Id } from './values.js';

/** What lets a user watch a show. */
export const accessWays = ['ticket', 'grant', 'streamer'] as const;

export type AccessWay = (typeof accessWays)[number];

/** Whether a user may watch the show of a funding goal, as it is at this moment. */
export interface Access {
  allowed: boolean;
  /** Null if the user may not. */
  via: AccessWay | null;
  /** The goal that was asked about, the funding goal or its show. */
  goal_id: Id;
  session_id: Id;
}

/** What changes the access of one user. */
export const accessCauses = ['grant', 'ban', 'taken_back', 'void'] as const;

export type AccessCause = (typeof accessCauses)[number];
