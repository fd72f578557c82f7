import { limits } from '../limits.js';
import type { PusherApp } from '../options.js';
import { isSame, md5Of, signatureOf } from '../signing.js';
import type { ReceivedRequest } from './read-request.js';
import { Refusal } from './refusal.js';

/** Throws where a request is not signed by the app, not fresh, or not the one that was signed. */
export function verify(request: ReceivedRequest, app: PusherApp): void {
  const { query, body } = request;
  const given = (name: string) => {
    const value = query.get(name);
    if (!value) throw new Refusal(401, `Missing parameter: ${name}`);
    return value;
  };
  if (!isSame(given('auth_key'), app.key)) throw new Refusal(401, `Unknown auth_key for app ${app.id}`);
  if (given('auth_version') !== '1.0') throw new Refusal(401, 'auth_version has to be 1.0');
  verifyTimestamp(given('auth_timestamp'));
  if ((body.length > 0 || query.has('body_md5')) && !isSame(given('body_md5'), md5Of(body)))
    throw new Refusal(401, 'Invalid body_md5: it is not the MD5 of the body that was received');
  verifySignature(request, given('auth_signature'), app);
}

function verifyTimestamp(timestamp: string): void {
  const { requestAgeSeconds } = limits;
  const now = Math.floor(Date.now() / 1000);
  if (!/^\d{1,12}$/.test(timestamp)) throw new Refusal(401, 'auth_timestamp has to be Unix seconds');
  if (Math.abs(now - Number(timestamp)) > requestAgeSeconds)
    throw new Refusal(401, `Timestamp expired: ${timestamp} is not within ${requestAgeSeconds} s of ${now}`);
}

function verifySignature(
  { method, path, rawPath, query }: ReceivedRequest,
  given: string,
  app: PusherApp,
): void {
  const parameters = [...query]
    .filter(([name]) => name !== 'auth_signature')
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  const signed = [path, rawPath].some((form) =>
    isSame(given, signatureOf([method, form, parameters].join('\n'), app)),
  );
  if (!signed)
    throw new Refusal(
      401,
      `Invalid signature: sign ${JSON.stringify([method, path, parameters].join('\n'))} with the secret, HMAC-SHA256 in hex`,
    );
}
