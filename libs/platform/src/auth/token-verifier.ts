import { Injectable } from '@nestjs/common';
import {
  createRemoteJWKSet,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose';
import { AppConfig } from '../config/config.js';
import { unauthorized, unavailable } from '../problem/http-problems.js';
import { Problem } from '../problem/problem.js';
import type { Caller } from './caller.js';
import { VerifiedTokens } from './verified-tokens.js';

/** Issuer of the tokens that a local start hands out to everyone; no other service takes them, whatever its secret. */
export const localIssuer = 'goalpost-local';

const publicKeyAlgorithms = ['RS256', 'ES256', 'EdDSA'];

/** Checks bearer tokens: HS256 with the secret, RS256, ES256 and EdDSA with the published keys; nothing else. */
@Injectable()
export class TokenVerifier {
  private readonly secret?: ReturnType<typeof keyOf>;
  private readonly keys?: JWTVerifyGetKey;
  private readonly verified = new VerifiedTokens();
  private readonly isLocal: boolean;
  private readonly expected: Pick<JWTVerifyOptions, 'issuer' | 'audience'>;

  constructor(config: AppConfig) {
    this.isLocal = config.demo !== undefined;
    const { issuer, audience } = config.auth;
    this.expected = { issuer, audience };
    if (config.auth.secret) this.secret = keyOf(config.auth.secret);
    if (config.auth.jwksUrl) this.keys = publishedKeys(config.auth.jwksUrl);
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
    if (!Array.isArray(roles) || !roles.every((role) => typeof role === 'string'))
      throw unauthorized('The claim roles is not a list of strings.');
    const caller: Caller = { userId: sub, roles };
    this.verified.keep(token, caller, exp);
    return caller;
  }

  private async payloadOf(token: string): Promise<JWTPayload> {
    try {
      const symmetric = decodeProtectedHeader(token).alg === 'HS256';
      if (symmetric && this.secret)
        return (await jwtVerify(token, await this.secret, { ...this.expected, algorithms: ['HS256'] }))
          .payload;
      if (!symmetric && this.keys)
        return (await jwtVerify(token, this.keys, { ...this.expected, algorithms: publicKeyAlgorithms }))
          .payload;
    } catch (error) {
      if (error instanceof Problem) throw error;
      throw unauthorized(
        error instanceof errors.JWTExpired ? 'The token has expired.' : 'The token does not hold.',
      );
    }
    throw unauthorized('The token is signed by an algorithm that is not accepted here.');
  }
}

/** Made once: from bytes, each check would make it anew. */
function keyOf(secret: string) {
  const bytes = new TextEncoder().encode(secret);
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
}

/** A key set that cannot be read is our trouble, not the caller's: 503, not 401. */
function publishedKeys(url: string): JWTVerifyGetKey {
  const remote = createRemoteJWKSet(new URL(url), { timeoutDuration: 2000 });
  return async (header, token) => {
    try {
      return await remote(header, token);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
        throw error;
      if (error instanceof errors.JOSENotSupported) throw error;
      throw unavailable('The keys that tokens are checked with cannot be read.', {}, { 'retry-after': '1' });
    }
  };
}
