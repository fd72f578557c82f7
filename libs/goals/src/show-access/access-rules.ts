import type { AccessWay } from '#contracts';

/** All that decides whether a user may watch the show of a funding goal. */
export interface AccessFacts {
  /** Whether nobody may: the session has ended, or the funding goal is void or cancelled. */
  isClosed: boolean;
  isStreamer: boolean;
  /** What was decided by hand: true for a grant, false for a ban. */
  rule: boolean | null;
  hasTicket: boolean;
}

/** What lets the user watch, or null if the user may not. A ban goes before tickets, and nothing goes before the end. */
export function wayIn({ isClosed, isStreamer, rule, hasTicket }: AccessFacts): AccessWay | null {
  if (isClosed) return null;
  if (isStreamer) return 'streamer';
  if (rule === false) return null;
  if (hasTicket) return 'ticket';
  return rule ? 'grant' : null;
}
