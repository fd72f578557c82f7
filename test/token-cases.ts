import { newId } from '#platform';
import { SignJWT, UnsecuredJWT } from 'jose';
import { testSecret, tokenFor } from './client.js';
import { makeKey } from './jwks-server.js';

const now = () => Math.floor(Date.now() / 1000);
/** Claims of a streamer. */
export const claims = (userId: string) => ({ sub: userId, roles: ['streamer'], exp: now() + 3600 });
/** Signs claims by a secret. */
export const hmac = (payload: object, secret = testSecret, alg = 'HS256') =>
  new SignJWT({ ...payload }).setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret));
/** The header that carries a token. */
export const bearer = async (token: Promise<string> | string) => `Bearer ${await token}`;

type TokenCase = [
  name: string,
  authorization: (userId: string) => Promise<string | undefined>,
  detail?: RegExp,
];

/** Claims that hold, by the clock of a server that is a few seconds ahead of ours or behind it. */
export const skewedClaims = [
  ['ended 3 s ago', () => ({ exp: now() - 3 })],
  ['begins in 3 s', () => ({ nbf: now() + 3 })],
  ['was issued in 3 s', () => ({ iat: now() + 3 })],
] as const;

/** Authorization headers that hold nowhere, each but for one thing a good one. */
export const refusedTokens: TokenCase[] = [
  ['no header', () => Promise.resolve(undefined), /Send the header/],
  ['an empty header', () => Promise.resolve(''), /Send the header/],
  ['another scheme', async (user) => `Basic ${await tokenFor(user, ['streamer'])}`, /Send the header/],
  ['a token without its scheme', (user) => tokenFor(user, ['streamer']), /Send the header/],
  ['a scheme without its token', () => Promise.resolve('Bearer '), /Send the header/],
  ['two tokens', async (user) => `${await bearer(tokenFor(user, []))} x`, /Send the header/],
  ['garbage', () => bearer('garbage'), /does not hold/],
  ['three parts of garbage', () => bearer('a.b.c'), /does not hold/],
  ['expired', (user) => bearer(hmac({ ...claims(user), exp: now() - 7 })), /has expired/],
  ['without an end', (user) => bearer(hmac({ ...claims(user), exp: undefined })), /exp is missing/],
  ['not yet valid', (user) => bearer(hmac({ ...claims(user), nbf: now() + 8 })), /does not hold/],
  ['exp that is no number', (user) => bearer(hmac({ ...claims(user), exp: 'never' })), /does not hold/],
  ['alg none', (user) => bearer(new UnsecuredJWT(claims(user)).encode()), /algorithm|does not hold/],
  ['another secret', (user) => bearer(hmac(claims(user), `${testSecret}.`)), /does not hold/],
  ['HS512 with the right secret', (user) => bearer(hmac(claims(user), testSecret, 'HS512'))],
  ['HS384 with the right secret', (user) => bearer(hmac(claims(user), testSecret, 'HS384'))],
  ['a changed payload', async (user) => swapPayload(await hmac(claims(newId())), claims(user))],
  ['no sub', (user) => bearer(hmac({ ...claims(user), sub: undefined })), /names no user/],
  ['an empty sub', (user) => bearer(hmac({ ...claims(user), sub: '' })), /names no user/],
  ['a sub that is a number', (user) => bearer(hmac({ ...claims(user), sub: 7 })), /names no user/],
  [
    'the issuer of a local start',
    (user) => bearer(hmac({ ...claims(user), iss: 'goalpost-local' })),
    /local start/,
  ],
  ['roles that are a text', (user) => bearer(hmac({ ...claims(user), roles: 'streamer' })), /not a list/],
  ['roles that are null', (user) => bearer(hmac({ ...claims(user), roles: null })), /not a list/],
  ['roles of numbers', (user) => bearer(hmac({ ...claims(user), roles: [7] })), /not a list/],
  ['RS256 where no keys are known', async (user) => bearer((await makeKey('RS256', 'one')).sign(user))],
];

function swapPayload(token: string, payload: object): string {
  const [header, , signature] = token.split('.');
  return `Bearer ${header}.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.${signature}`;
}
