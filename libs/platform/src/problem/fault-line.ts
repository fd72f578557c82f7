import { Redactor } from '../logging/process-logger.js';

/** Errors whose message says where, what and what to do; its lines are kept as they are. */
export class OperatorError extends Error {
  override name = 'OperatorError';
}

/** What goes wrong where a server begins to listen, by the code of the error. */
const listenFaults: Record<string, (host: string, port: number | string) => string> = {
  EADDRINUSE: (host, port) => `port ${port} of ${host} is taken; set PORT to a free one`,
  EACCES: (host, port) => `this user may not open port ${port} of ${host}; set PORT to 1024 or more`,
  EADDRNOTAVAIL: (host) => `${host} is no address of this machine; set HOST to one of its own, or to 0.0.0.0`,
};

/** What stopped a process, for its operator: without a stack, and without these secrets or anything that looks like one. */
export function faultLine(error: unknown, secrets: string[] = []): string {
  return new Redactor(secrets).redact(describe(error));
}

function describe(error: unknown): string {
  const { syscall, code, address, hostname, port } = (error ?? {}) as NodeJS.ErrnoException & {
    address?: string;
    hostname?: string;
    port?: number;
  };
  if (syscall === 'listen' && code && listenFaults[code])
    return listenFaults[code](address ?? 'this machine', port ?? '');
  if (syscall === 'getaddrinfo') return `the host ${hostname} is not known (${code})`;
  return error instanceof OperatorError ? error.message : reasonOf(error);
}

/** An error in one line. Several attempts at once fail with an error that has no message of its own. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const [first] = (error as AggregateError).errors ?? [];
  const text = error.message || (first === undefined ? '' : reasonOf(first)) || error.name;
  return text.replaceAll(/\s*\n\s*/g, ' ').trim();
}
