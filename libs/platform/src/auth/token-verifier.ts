import { Injectable } from '@nestjs/common';
import { decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import { AppConfig } from '../config/config.js';
import { unauthorized } from '../problem/http-problems.js';
import { Problem } from '../problem/problem.js';
import type { Caller } from './caller.js';
import { PublishedKeys } from './published-keys.js';
import { VerifiedTokens } from './verified-tokens.js';

/** Issuer of the tokens that a local start hands out to everyone; no other service takes them, whatever its secret. */
export const localIssuer = 'goalpost-local';

const publicKeyAlgorithms = ['RS256', 'ES256', 'EdDSA'];

/** How far the clock of who signs tokens may be from ours. */
const leewaySeconds = 5;

/** Checks bearer tokens: HS256 with the secret, RS256, ES256 and EdDSA with the published keys; nothing else. */
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

/** Made once: from bytes, each check would make it anew. */
function keyOf(secret: string) {
  const bytes = new TextEncoder().encode(secret);
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
}
