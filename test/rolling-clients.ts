import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { tokenFor } from './client.js';

const lookEveryMs = 50;

/** Sends new connections to the apis that are ready, as a load balancer does, which looks now and then. */
export class Balancer {
  private readonly apis = new Map<string, boolean>();
  private turn = 0;
  private stopped = false;
  private readonly looking = this.look();

  /** Watches an api, which counts as ready. */
  add(url: string): void {
    this.apis.set(url, true);
  }

  remove(url: string): void {
    this.apis.delete(url);
  }

  isReady(url: string): boolean {
    return this.apis.get(url) === true;
  }

  next(): string {
    const ready = [...this.apis].filter(([, isReady]) => isReady);
    if (ready.length === 0) throw new Error('no api is ready');
    return ready[this.turn++ % ready.length]![0];
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.looking;
  }

  private async look(): Promise<void> {
    while (!this.stopped) {
      for (const url of this.apis.keys()) {
        const status = await fetch(`${url}/health/ready`).then(
          ({ status: code }) => code,
          () => 0,
        );
        if (this.apis.has(url)) this.apis.set(url, status === 200);
      }
      await setTimeout(lookEveryMs);
    }
  }
}

/** What the clients did and saw. */
export interface Seen {
  requests: number;
  /** How often a client was told to close its connection. */
  toldToClose: number;
  /** Ids of the goals that were accepted. */
  accepted: string[];
  failures: string[];
}

/** A client that keeps its one connection for as long as it is not told to close it. Most of its requests read, some create. */
export async function keepAsking(
  balancer: Balancer,
  { userId, sessionId }: { userId: string; sessionId: string },
  seen: Seen,
  signal: AbortSignal,
): Promise<void> {
  const authorization = `Bearer ${await tokenFor(userId, ['streamer'])}`;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let api = balancer.next();
  for (let turn = 0; !signal.aborted; turn++) {
    const creates = turn % 10 === 0;
    try {
      const { status, body, closes } = await send(agent, api, creates, authorization, sessionId);
      seen.requests += 1;
      // A 503 of a process that goes on is the machine's, which is too busy. One that stops closes the connection.
      if (status >= 400 && (status !== 503 || closes)) seen.failures.push(`${status} ${body}`);
      if (status === 202) seen.accepted.push((JSON.parse(body) as { goal_id: string }).goal_id);
      if (closes) {
        seen.toldToClose += 1;
        api = balancer.next();
      }
    } catch (error) {
      seen.failures.push(String((error as NodeJS.ErrnoException).code ?? error));
      api = balancer.next();
    }
    await setTimeout(30 + (turn % 7) * 15);
  }
  agent.destroy();
}

async function send(
  agent: Agent,
  api: string,
  creates: boolean,
  authorization: string,
  sessionId: string,
): Promise<{ status: number; body: string; closes: boolean }> {
  const path = creates ? '/goals?goal_type=trigger_exclusive' : `/sessions/${sessionId}`;
  const sent: ClientRequest = request(`${api}${path}`, {
    agent,
    method: creates ? 'POST' : 'GET',
    headers: { authorization, ...(creates && { 'content-type': 'application/json' }) },
  });
  const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const goal = { levels: [{ target: 100 }], context: { session_id: sessionId }, exp };
  sent.end(creates ? JSON.stringify(goal) : undefined);
  const [response] = await answered;
  const body = await text(response);
  return { status: response.statusCode!, body, closes: response.headers.connection === 'close' };
}
