import { Injectable } from '@nestjs/common';
import type { Caller } from '../http/incoming.js';
import { unauthorized } from '../problem/problem.js';

/** Gives out tokens that read one thing alone, and knows which of them hold. */
export interface ScopedTokenIssuer {
  /** What all of its tokens begin with; no JWT does. */
  prefix: string;
  /** The caller behind a token, with its scope; undefined if the token does not hold. Throws if that cannot be found out. */
  find(token: string): Promise<(Caller & { scope: string }) | undefined>;
}

/**
 * Tokens with a scope: each reads one resource, and nothing but what is marked `@InScope()`. They are no JWTs; the lib that
 * gives them out registers itself here.
 */
@Injectable()
export class ScopedTokens {
  private readonly issuers: ScopedTokenIssuer[] = [];

  register(issuer: ScopedTokenIssuer): void {
    this.issuers.push(issuer);
  }

  /** The caller behind a token; undefined if it is no token with a scope. Throws a 401 problem if it does not hold. */
  async verify(token: string): Promise<Caller | undefined> {
    const issuer = this.issuers.find(({ prefix }) => token.startsWith(prefix));
    if (!issuer) return undefined;
    const caller = await issuer.find(token);
    if (!caller) throw unauthorized('The token was revoked, has expired or never was.');
    return caller;
  }
}
