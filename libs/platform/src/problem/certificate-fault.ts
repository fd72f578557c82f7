import { once } from 'node:events';
import { connect } from 'node:tls';
import { IncompatibleStoreError } from './outage.js';

/** The codes of https://nodejs.org/api/tls.html#x509-certificate-error-codes, and Node's own for a name that is not in it. */
const wrongName = 'ERR_TLS_CERT_ALTNAME_INVALID';
const outOfDate = /^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/;
const refused =
  /^(CERT_|CRL_|UNABLE_TO_|ERROR_IN_C|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED_CERT|INVALID_(CA|PURPOSE)|PATH_LENGTH|HOSTNAME_MISMATCH)/;

const handshakeMs = 2_000;

/** An error of Node, or one of a driver that holds it. */
interface Nested {
  code?: unknown;
  cause?: unknown;
  /** What MongoDB's driver knows of each server if it could select none. */
  reason?: { servers?: unknown };
}

/**
 * The error of a boot whose store showed a certificate that is not accepted: what is wrong with it, and what to do. Returns
 * undefined for any other error.
 */
export function certificateFault(where: string, error: unknown): IncompatibleStoreError | undefined {
  const found = findRefusal(error);
  if (!found) return undefined;
  const { code, message } = found;
  // Node's hint behind the semicolon is for people who start Node themselves.
  const [reason = ''] = message.split(';');
  return new IncompatibleStoreError(
    `${where} has a certificate that is not accepted (${reason.trim()}): ${remedy(code)}.`,
  );
}

function remedy(code: string): string {
  if (code === wrongName) return 'connect by a name that stands in it, or have that name added to it';
  if (outOfDate.test(code)) return 'renew it, or set the clock of this machine';
  return 'if its authority is your own, name the file with that authority in NODE_EXTRA_CA_CERTS';
}

function findRefusal(error: unknown): (Error & { code: string }) | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, cause, reason } = error as Nested;
  if (typeof code === 'string' && (code === wrongName || refused.test(code)))
    return error as Error & { code: string };
  const servers = reason?.servers instanceof Map ? [...reason.servers.values()] : [];
  for (const inner of [cause, ...servers.map((server: { error?: unknown }) => server.error)]) {
    const found = findRefusal(inner);
    if (found) return found;
  }
  return undefined;
}

/** Why TLS with a server cannot begin; undefined if it can. For clients that keep the reason to themselves. */
export async function handshakeError(host: string, port: number): Promise<unknown> {
  const socket = connect({ host, port, timeout: handshakeMs });
  socket.once('timeout', () => socket.destroy(new Error(`no TLS within ${handshakeMs} ms`)));
  try {
    await once(socket, 'secureConnect');
    return undefined;
  } catch (error) {
    return error;
  } finally {
    socket.destroy();
  }
}
