import { type Client, showBody, testSecret, until } from './client.js';
import { type LogLine, linesOf } from './log-lines.js';
import { TestProcess } from './process.js';
import type { PusherSink } from './pusher-sink.js';
import type { TestQueues } from './queues.js';
import { TestService } from './service.js';

/** An api and a worker as processes, whose lines a test reads. */
export class LoggedService {
  private constructor(
    readonly sink: PusherSink,
    readonly service: TestService,
    readonly queues: TestQueues,
    readonly worker: TestProcess,
    readonly api: TestProcess,
    readonly streamer: Client,
  ) {}

  static async start(level: string, forApi: NodeJS.ProcessEnv = {}): Promise<LoggedService> {
    const service = await TestService.start({}, { sink: true, apps: [] });
    const { sink, queues } = service;
    const env = { ...sink.env, JWT_SECRET: testSecret, LOG_LEVEL: level, DELIVERY_BACKOFF_MS: '20' };
    try {
      const [worker, api] = await Promise.all([
        TestProcess.start('worker', service, env),
        TestProcess.start('api', service, { ...env, ...forApi }),
      ]);
      service.baseUrl = api.url;
      return new LoggedService(sink, service, queues, worker, api, service.client());
    } catch (error) {
      await service.stop();
      throw error;
    }
  }

  /** All that was logged so far, the api's lines first. */
  get lines(): LogLine[] {
    return linesOf(this.api, this.worker);
  }

  /** The body of a show, in a session whose funding goal has been published in full. */
  async showInSession(): Promise<object> {
    const { sessionId, fundingGoalId } = await this.streamer.openFundedSession();
    await this.queues.settled();
    return showBody(sessionId, fundingGoalId);
  }

  /** Creates a show, and waits until it has been published to everyone. */
  async createShow(body: object, headers: Record<string, string> = {}): Promise<string> {
    const { goal_id } = (
      await this.streamer.post<{ goal_id: string }>('/goals?goal_type=show', body, headers)
    ).body;
    await until(async () => this.sink.accepted.some(({ data }) => data.goal_id === goal_id));
    await this.queues.settled();
    return goal_id;
  }

  /** Ends the processes, so that they have printed all they had to say. */
  async end(): Promise<void> {
    await this.api.end('SIGTERM');
    await this.worker.end('SIGTERM');
  }

  stop(): Promise<void> {
    return this.service.stop();
  }
}
