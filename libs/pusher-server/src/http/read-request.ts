import type { IncomingMessage } from 'node:http';
import { limits } from '../limits.js';
import { Refusal } from './refusal.js';

/** A request, read whole but not yet trusted. */
export interface ReceivedRequest {
  method: string;
  /** The path as it was sent, and decoded: libraries differ in which of the two they sign. */
  rawPath: string;
  path: string;
  query: Map<string, string>;
  body: Buffer;
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

/** Reads to the end even what is too long, so that the client comes to read the answer. */
async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= limits.bodyBytes) chunks.push(chunk);
  }
  if (size > limits.bodyBytes) throw new Refusal(413, `The body has over ${limits.bodyBytes} bytes`);
  return Buffer.concat(chunks);
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new Refusal(400, 'The path is not well-formed');
  }
}
