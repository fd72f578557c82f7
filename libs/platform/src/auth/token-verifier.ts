import { Injectable } from '@nestjs/common';
import { decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import { AppConfig } from '../config/config.js';
import { Problem, unauthorized } from '../problem/problem.js';
import type { Caller } from '../http/incoming.js';
import { DeniedTokens, type TokenIdentity } from './denied-tokens.js';
import { PublishedKeys } from './published-keys.js';
import { ScopedTokens } from './scoped-tokens.js';

/** Issuer of the tokens that a local start hands out to everyone; no other service accepts them, whatever its secret. */
export const localIssuer = 'goalpost-local';

const publicKeyAlgorithms = ['RS256', 'ES256', 'EdDSA'];

/** How much the clock of the issuer may differ from ours. */
const leewaySeconds = 5;

/**
 * Verifies bearer tokens: HS256 with one of the secrets, RS256, ES256 and EdDSA with the published keys, and tokens with a
 * scope; nothing else. A token that was denied is refused within a second.
 */
@Injectable()
export class TokenVerifier {
  private readonly secrets: ReturnType<typeof keyOf>[];
  private readonly keys?: PublishedKeys;
  private readonly verified = new VerifiedTokens<VerifiedToken>();
  private readonly isLocal: boolean;
  private readonly expected: Pick<JWTVerifyOptions, 'issuer' | 'audience' | 'clockTolerance'>;

  constructor(
    config: AppConfig,
    private readonly denied: DeniedTokens,
    private readonly scoped: ScopedTokens,
  ) {
    this.isLocal = config.demo !== undefined;
    const { issuer, audience } = config.auth;
    this.expected = { issuer, audience, clockTolerance: leewaySeconds };
    this.secrets = config.auth.secrets.map(keyOf);
    if (config.auth.jwksUrl) this.keys = new PublishedKeys(config.auth.jwksUrl);
  }

  /** The caller behind an Authorization header; throws a 401 problem where it does not hold. */
  async verify(authorization: unknown): Promise<Caller> {
    const token = typeof authorization === 'string' ? /^Bearer +(\S+)$/i.exec(authorization)?.[1] : undefined;
    if (!token) throw unauthorized('Send the header "Authorization: Bearer <token>".');
    const reader = await this.scoped.verify(token);
    if (reader) return reader;
    const { caller, identity } = this.verified.find(token) ?? (await this.read(token));
    if (await this.denied.has(identity)) throw unauthorized('The token was denied.');
    return caller;
  }

  private async read(token: string): Promise<VerifiedToken> {
    const { iss, sub, roles = [], exp, jti, iat } = await this.payloadOf(token);
    if (iss === localIssuer && !this.isLocal) throw unauthorized('The token is of a local start alone.');
    if (typeof sub !== 'string' || sub === '') throw unauthorized('The token names no user: sub is missing.');
    if (exp === undefined) throw unauthorized('The token holds for ever: exp is missing.');
    if (!Array.isArray(roles) || !roles.every((role) => typeof role === 'string'))
      throw unauthorized('The claim roles is not a list of strings.');
    const verified = { caller: { userId: sub, roles }, identity: { userId: sub, jti, issuedAt: iat } };
    this.verified.keep(token, verified, exp + leewaySeconds);
    return verified;
  }

  private async payloadOf(token: string): Promise<JWTPayload> {
    try {
      const symmetric = decodeProtectedHeader(token).alg === 'HS256';
      if (symmetric && this.secrets.length > 0) return await this.payloadBySecret(token);
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

  /** Throws what the last secret says if none has signed it. */
  private async payloadBySecret(token: string): Promise<JWTPayload> {
    const options = { ...this.expected, algorithms: ['HS256'] };
    for (const secret of this.secrets.slice(0, -1))
      try {
        return (await jwtVerify(token, await secret, options)).payload;
      } catch (error) {
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
      }
    return (await jwtVerify(token, await this.secrets.at(-1)!, options)).payload;
  }
}

/** A token that holds, unless it is denied. */
interface VerifiedToken {
  caller: Caller;
  identity: TokenIdentity;
}

/** Imported once: given bytes, each verification would import them again. */
function keyOf(secret: string) {
  const bytes = new TextEncoder().encode(secret);
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
}

const most = 10_000;
/** How long a verified token is cached; part of the minute within which a withdrawn key is no longer accepted. */
const cachedMs = 15_000;

interface Kept<Token> {
  verified: Token;
  since: number;
  until: number;
}

/** Caches what valid tokens say for a moment, never beyond a token's expiry: a signature check is a tenth of a request. */
export class VerifiedTokens<Token> {
  private readonly known = new Map<string, Kept<Token>>();

  /** What the token says, if it was verified recently. */
  find(token: string, now = Date.now()): Token | undefined {
    const kept = this.known.get(token);
    // A clock that was set back does not extend it.
    return kept && kept.since <= now && now < kept.until ? kept.verified : undefined;
  }

  /** Caches a verified token; `exp` is its expiry in Unix seconds. */
  keep(token: string, verified: Token, exp: number, now = Date.now()): void {
    // A Map keeps the order of insertion, so the first key is the oldest.
    if (this.known.size >= most) this.known.delete(this.known.keys().next().value!);
    this.known.delete(token);
    this.known.set(token, { verified, since: now, until: Math.min(now + cachedMs, exp * 1000) });
  }
}
