import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { headersTooLarge, malformedRequest, requestTimeout } from '../problem/http-problems.js';

/** Answers what is no HTTP request, or none that ends, and closes its connection: all there is to answer to is a socket. */
export function answerClientFault(error: NodeJS.ErrnoException, socket: Socket): void {
  // Who has sent nothing at all, such as a connection kept for later, waits for no answer and would take it for another's.
  if (error.code === 'ECONNRESET' || !socket.writable || socket.bytesRead === 0) {
    socket.destroy();
    return;
  }
  const problem = problemOf(error.code);
  const { status } = problem.kind;
  const body = JSON.stringify(problem.toBody(''));
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/problem+json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}

function problemOf(code: string | undefined) {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return requestTimeout('Headers and body have to arrive sooner.');
  if (code === 'HPE_HEADER_OVERFLOW') return headersTooLarge('All headers together have 16 KiB at most.');
  return malformedRequest('This is no HTTP request.');
}
