import type { Caller } from './caller.js';

const most = 10_000;
/** How long a token is not checked again; a part of the minute in which a withdrawn key is given up. */
const keptMs = 15_000;

interface Verified {
  caller: Caller;
  since: number;
  until: number;
}

/** Remembers callers of tokens that held, for a moment and never beyond a token's end: checking a signature is a tenth of a request. */
export class VerifiedTokens {
  private readonly known = new Map<string, Verified>();

  /** The caller, where the token was found to hold lately. */
  callerOf(token: string, now = Date.now()): Caller | undefined {
    const verified = this.known.get(token);
    // A clock that was set back does not make it hold longer.
    return verified && verified.since <= now && now < verified.until ? verified.caller : undefined;
  }

  /** Remembers that a token holds; `exp` is its end in Unix seconds. */
  keep(token: string, caller: Caller, exp: number, now = Date.now()): void {
    // A Map keeps the order of insertion, so the first key is the oldest.
    if (this.known.size >= most) this.known.delete(this.known.keys().next().value!);
    this.known.delete(token);
    this.known.set(token, { caller, since: now, until: Math.min(now + keptMs, exp * 1000) });
  }
}
