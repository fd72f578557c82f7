import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isSame, limits, type PusherApp, signatureOf } from '../protocol.js';

/** A request, read completely but not verified yet. */
export interface ReceivedRequest {
  method: string;
  /** The path as sent and decoded: client libraries differ in which of the two they sign. */
  rawPath: string;
  path: string;
  query: Map<string, string>;
  body: Buffer;
}

/** The status and the reason with which a request is refused. */
export class HttpError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Reads a request. */
export async function readRequest(request: IncomingMessage, url: URL): Promise<ReceivedRequest> {
  return {
    method: request.method ?? '',
    rawPath: url.pathname,
    path: decoded(url.pathname),
    query: new Map(url.searchParams),
    body: await readBody(request),
  };
}

/** Throws unless the app has signed this very request, not too long ago. */
export function verify(request: ReceivedRequest, app: PusherApp): void {
  const { query, body } = request;
  const required = (name: string) => {
    const value = query.get(name);
    if (!value) throw new HttpError(401, `Missing parameter: ${name}`);
    return value;
  };
  if (!isSame(required('auth_key'), app.key)) throw new HttpError(401, `Unknown auth_key for app ${app.id}`);
  if (required('auth_version') !== '1.0') throw new HttpError(401, 'auth_version has to be 1.0');
  verifyTimestamp(required('auth_timestamp'));
  const md5 = createHash('md5').update(body).digest('hex');
  if ((body.length > 0 || query.has('body_md5')) && !isSame(required('body_md5'), md5))
    throw new HttpError(401, 'Invalid body_md5: it is not the MD5 of the received body');
  verifySignature(request, required('auth_signature'), app);
}

/** Reads even a body that is too long to its end, because the client reads the response only then. */
async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= limits.bodyBytes) chunks.push(chunk);
  }
  if (size > limits.bodyBytes) throw new HttpError(413, `The body has over ${limits.bodyBytes} bytes`);
  return Buffer.concat(chunks);
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new HttpError(400, 'The path is not well-formed');
  }
}

function verifyTimestamp(timestamp: string): void {
  const { requestAgeSeconds } = limits;
  const now = Math.floor(Date.now() / 1000);
  if (!/^\d{1,12}$/.test(timestamp)) throw new HttpError(401, 'auth_timestamp has to be Unix seconds');
  if (Math.abs(now - Number(timestamp)) > requestAgeSeconds)
    throw new HttpError(
      401,
      `Timestamp expired: ${timestamp} is not within ${requestAgeSeconds} s of ${now}`,
    );
}

function verifySignature(
  { method, path, rawPath, query }: ReceivedRequest,
  signature: string,
  app: PusherApp,
): void {
  const parameters = [...query]
    .filter(([name]) => name !== 'auth_signature')
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  const toSign = (form: string) => [method, form, parameters].join('\n');
  if ([path, rawPath].some((form) => isSame(signature, signatureOf(toSign(form), app)))) return;
  const expected = JSON.stringify(toSign(path));
  throw new HttpError(401, `Invalid signature: sign ${expected} with the secret, HMAC-SHA256 in hex`);
}
