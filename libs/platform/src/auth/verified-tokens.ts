import type { Caller } from './caller.js';

const most = 10_000;
/** How long a key that was withdrawn may still be trusted. */
const keptMs = 60_000;

interface Verified {
  caller: Caller;
  until: number;
}

/** Remembers callers of tokens that held, for a minute and never beyond a token's end: checking a signature is a tenth of a request. */
export class VerifiedTokens {
  private readonly known = new Map<string, Verified>();

  /** The caller, where the token was found to hold lately. */
  callerOf(token: string, now = Date.now()): Caller | undefined {
    const verified = this.known.get(token);
    return verified && verified.until > now ? verified.caller : undefined;
  }

  /** Remembers that a token holds; `exp` is its end in Unix seconds. */
  keep(token: string, caller: Caller, exp = Infinity, now = Date.now()): void {
    // A Map keeps the order of insertion, so the first key is the oldest.
    if (this.known.size >= most) this.known.delete(this.known.keys().next().value!);
    this.known.delete(token);
    this.known.set(token, { caller, until: Math.min(now + keptMs, exp * 1000) });
  }
}
