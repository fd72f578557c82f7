import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LiveApp } from '../live-app.js';
import { answerApi } from './api.js';
import { readRequest } from './read-request.js';
import { Refusal } from './refusal.js';

/** Answers what comes over HTTP. */
export async function listener(
  request: IncomingMessage,
  response: ServerResponse,
  apps: LiveApp[],
): Promise<void> {
  try {
    const url = urlOf(request);
    if (url?.pathname === '/health') send(response, 200, 'ok');
    else if (!url) throw new Refusal(400, 'The address is not well-formed');
    else send(response, 200, answerApi(await readRequest(request, url), apps));
  } catch (error) {
    // What is no refusal is a client that went away while it was sending, or a fault of ours.
    const status = error instanceof Refusal ? error.status : 500;
    send(response, status, (error as Error).message);
  }
}

/** The address that was asked for; undefined where it is none. */
export function urlOf({ url = '' }: IncomingMessage): URL | undefined {
  return URL.canParse(url, 'http://server') ? new URL(url, 'http://server') : undefined;
}

function send(response: ServerResponse, status: number, answer: object | string): void {
  const isText = typeof answer === 'string';
  response.writeHead(status, { 'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json' });
  response.end(isText ? answer : JSON.stringify(answer));
}
