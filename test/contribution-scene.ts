import type { LeaderboardEntry } from '#contracts';
import { newId, toObjectId } from '#platform';
import { type Client, timedBody, until } from './client.js';
import { TestService } from './service.js';

/** An event of a goal, as the recorded events have it. */
export interface RecordedEvent {
  name: string;
  data: {
    version: number;
    progress: number;
    level: number;
    level_reached?: number;
    late_tickets?: number;
    source_id?: string;
    delta?: number;
    reason?: string | null;
    event_id: string;
  };
}

/** A goal that takes contributions, and who contributes to it. */
export class ContributionScene {
  goalId: string;
  sessionId: string;
  /** Who gives where a test does not say it. */
  private readonly giver = newId();

  private constructor(
    readonly service: TestService,
    readonly streamer: Client,
    readonly platform: Client,
  ) {}

  static async start(env: NodeJS.ProcessEnv = {}): Promise<ContributionScene> {
    const service = await TestService.start(env);
    return new ContributionScene(service, service.client(), service.client(undefined, ['service']));
  }

  /** Opens a funding goal with levels at these targets. */
  async open(targets: number[], window: object = {}): Promise<void> {
    this.sessionId = await this.streamer.openSession();
    const levels = targets.map((target) => ({ target }));
    const body = { ...timedBody(this.sessionId, {}, window), levels };
    this.goalId = await this.streamer.createGoal('show_funding', body);
    await until(async () => (await this.streamer.goal(this.goalId)).status !== 'pending');
  }

  async active(): Promise<void> {
    await until(async () => (await this.streamer.goal(this.goalId)).status === 'active');
  }

  give(source_id: string, amount: number, user_id = this.giver, more: object = {}) {
    const body = { source_id, user_id, amount, ...more };
    return this.platform.post(`/goals/${this.goalId}/contributions`, body);
  }

  /** Has a contribution count nothing any more. */
  void(source_id: string, reason?: string) {
    const path = `/goals/${this.goalId}/contributions/${encodeURIComponent(source_id)}/void`;
    return this.platform.post(path, reason === undefined ? undefined : { reason });
  }

  async storedGoal(): Promise<Record<string, unknown>> {
    return (await this.service.documents('goal', { _id: toObjectId(this.goalId) }))[0]!;
  }

  /** Changes what is stored of the goal, as somebody else would: each change is a version of its own. */
  async store(fields: object): Promise<void> {
    await this.service.mongo
      .collection('goal')
      .updateOne({ _id: toObjectId(this.goalId) }, { $set: fields, $inc: { version: 1 } });
  }

  /** Who gave how much, best first. */
  async leaderboard(): Promise<[string | null, number][]> {
    const path = `/goals/${this.goalId}/leaderboard`;
    const { body } = await this.streamer.get<{ items: LeaderboardEntry[] }>(path);
    return body.items.map(({ user_id, amount }) => [user_id, amount]);
  }

  /** What was published of the goal, in order. */
  async published(): Promise<RecordedEvent[]> {
    const lines = await this.service.redis.lrange(`${this.service.prefix}:realtime:recorded`, 0, -1);
    return lines
      .toReversed()
      .map((line) => JSON.parse(line) as { name: string; data: string })
      .filter(({ data }) => data.includes(this.goalId))
      .map(({ name, data }) => ({ name, data: JSON.parse(data) as RecordedEvent['data'] }));
  }

  tracked(event: string) {
    return this.service.documents('analytics_event', { goal_id: this.goalId, event });
  }
}
