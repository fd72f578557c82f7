import { Agent, request } from 'node:http';

/** One caller who keeps many connections busy: whatever is answered, each of them asks again at once. */
export class Flood {
  /** How often each status was answered. */
  readonly statuses = new Map<number, number>();
  /** A body and its headers of each status. */
  readonly seen = new Map<number, { body: string; retryAfter?: string }>();
  private readonly agent = new Agent({ keepAlive: true, maxSockets: Infinity });
  private readonly loops: Promise<void>[];
  private isOver = false;

  constructor(
    connections: number,
    private readonly url: string,
    private readonly method: string,
    private readonly headers: Record<string, string>,
    private readonly body = '',
  ) {
    this.loops = Array.from({ length: connections }, () => this.loop());
  }

  /** How often this status was answered. */
  count(status: number): number {
    return this.statuses.get(status) ?? 0;
  }

  /** Resolves once the last answer has come. */
  async stop(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.loops);
    this.agent.destroy();
  }

  private async loop(): Promise<void> {
    while (!this.isOver) await this.ask();
  }

  private ask(): Promise<void> {
    const { agent, method } = this;
    const headers = { ...this.headers, 'content-length': this.body.length };
    return new Promise((resolve, reject) => {
      const asked = request(this.url, { agent, method, headers }, (answer) => {
        let body = '';
        answer.setEncoding('utf8');
        answer.on('data', (part: string) => (body += part));
        answer.once('end', () => {
          const { statusCode: status = 0, headers: got } = answer;
          this.statuses.set(status, this.count(status) + 1);
          if (!this.seen.has(status)) this.seen.set(status, { body, retryAfter: got['retry-after'] });
          resolve();
        });
      });
      asked.once('error', reject).end(this.body);
    });
  }
}
