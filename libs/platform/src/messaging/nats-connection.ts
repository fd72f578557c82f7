import { setTimeout } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { connect, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node';

const logger = new Logger('NATS');
const tryAgainMs = 500;
const answerWithinMs = 1000;

/** How to connect to the server of a nats:// address: once there was a connection it comes back by itself, however long that takes. */
export function natsOptions(address: string): NodeConnectionOptions {
  const { host, username, password } = new URL(address);
  const [user, pass] = [username, password].map(decodeURIComponent);
  return {
    servers: host,
    // A name alone, nats://token@host, is a token.
    ...(pass ? { user, pass } : user && { token: user }),
    name: 'goalpost',
    timeout: 2000,
    maxReconnectAttempts: -1,
    reconnectTimeWait: tryAgainMs,
    // A line that drops everything is noticed after two of these that are not answered.
    pingInterval: 10_000,
    ignoreAuthErrorAbort: true,
  };
}

/** Connects, trying until it succeeds; says once that the server is away. Returns undefined where it is told to stop before. */
export async function connectNats(address: string, signal: AbortSignal): Promise<NatsConnection | undefined> {
  let down = false;
  while (!signal.aborted) {
    try {
      const connection = await connect(natsOptions(address));
      if (signal.aborted) await connection.close();
      else {
        if (down) logger.log('NATS is back');
        return connection;
      }
    } catch (error) {
      if (!down) logger.error(`NATS is out of reach: ${(error as Error).message}`);
      down = true;
      await setTimeout(tryAgainMs, undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}

/** Lets what is on its way out go, and closes. */
export async function leaveNats(connection: NatsConnection): Promise<void> {
  await unlessAway(connection.flush());
  await connection.close();
}

/** Waits for something that only an answer of the server ends; where none comes, it is not waited for any longer. */
export async function unlessAway(answered: Promise<unknown>): Promise<void> {
  const waited = setTimeout(answerWithinMs, undefined, { ref: false });
  await Promise.race([answered.catch(() => undefined), waited]);
}
