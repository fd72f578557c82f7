import { Injectable } from '@nestjs/common';
import { decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import { AppConfig } from '../config/config.js';
import { Problem, unauthorized } from '../problem/problem.js';
import type { Caller } from '../http/incoming.js';
import { PublishedKeys } from './published-keys.js';

/** Issuer of the tokens that a local start hands out to everyone; no other service accepts them, whatever its secret. */
export const localIssuer = 'goalpost-local';

const publicKeyAlgorithms = ['RS256', 'ES256', 'EdDSA'];

/** How much the clock of the issuer may differ from ours. */
const leewaySeconds = 5;

/** Verifies bearer tokens: HS256 with the secret, RS256, ES256 and EdDSA with the published keys; nothing else. */
@Injectable()
export class TokenVerifier {
  private readonly secret?: ReturnType<typeof keyOf>;
  private readonly keys?: PublishedKeys;
  private readonly verified = new VerifiedTokens();
  private readonly isLocal: boolean;
  private readonly expected: Pick<JWTVerifyOptions, 'issuer' | 'audience' | 'clockTolerance'>;

  constructor(config: AppConfig) {
    this.isLocal = config.demo !== undefined;
    const { issuer, audience } = config.auth;
    this.expected = { issuer, audience, clockTolerance: leewaySeconds };
    if (config.auth.secret) this.secret = keyOf(config.auth.secret);
    if (config.auth.jwksUrl) this.keys = new PublishedKeys(config.auth.jwksUrl);
  }

  /** The caller behind an Authorization header; throws a 401 problem where it does not hold. */
  async verify(authorization: unknown): Promise<Caller> {
    const token = typeof authorization === 'string' ? /^Bearer +(\S+)$/i.exec(authorization)?.[1] : undefined;
    if (!token) throw unauthorized('Send the header "Authorization: Bearer <token>".');
    const known = this.verified.callerOf(token);
    if (known) return known;
    const { iss, sub, roles = [], exp } = await this.payloadOf(token);
    if (iss === localIssuer && !this.isLocal) throw unauthorized('The token is of a local start alone.');
    if (typeof sub !== 'string' || sub === '') throw unauthorized('The token names no user: sub is missing.');
    if (exp === undefined) throw unauthorized('The token holds for ever: exp is missing.');
    if (!Array.isArray(roles) || !roles.every((role) => typeof role === 'string'))
      throw unauthorized('The claim roles is not a list of strings.');
    const caller: Caller = { userId: sub, roles };
    this.verified.keep(token, caller, exp + leewaySeconds);
    return caller;
  }

  private async payloadOf(token: string): Promise<JWTPayload> {
    try {
      const symmetric = decodeProtectedHeader(token).alg === 'HS256';
      if (symmetric && this.secret)
        return (await jwtVerify(token, await this.secret, { ...this.expected, algorithms: ['HS256'] }))
          .payload;
      if (!symmetric && this.keys)
        return await this.keys.verify(token, { ...this.expected, algorithms: publicKeyAlgorithms });
    } catch (error) {
      if (error instanceof Problem) throw error;
      throw unauthorized(
        error instanceof errors.JWTExpired ? 'The token has expired.' : 'The token does not hold.',
      );
    }
    throw unauthorized('The token is signed by an algorithm that is not accepted here.');
  }
}

/** Imported once: given bytes, each verification would import them again. */
function keyOf(secret: string) {
  const bytes = new TextEncoder().encode(secret);
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
}

const most = 10_000;
/** How long a verified token is cached; part of the minute within which a withdrawn key is no longer accepted. */
const cachedMs = 15_000;

interface Verified {
  caller: Caller;
  since: number;
  until: number;
}

/** Caches the callers of valid tokens for a moment, never beyond a token's expiry: a signature check is a tenth of a request. */
export class VerifiedTokens {
  private readonly known = new Map<string, Verified>();

  /** The caller if the token was verified recently. */
  callerOf(token: string, now = Date.now()): Caller | undefined {
    const verified = this.known.get(token);
    // A clock that was set back does not extend it.
    return verified && verified.since <= now && now < verified.until ? verified.caller : undefined;
  }

  /** Caches a verified token; `exp` is its expiry in Unix seconds. */
  keep(token: string, caller: Caller, exp: number, now = Date.now()): void {
    // A Map keeps the order of insertion, so the first key is the oldest.
    if (this.known.size >= most) this.known.delete(this.known.keys().next().value!);
    this.known.delete(token);
    this.known.set(token, { caller, since: now, until: Math.min(now + cachedMs, exp * 1000) });
  }
}
