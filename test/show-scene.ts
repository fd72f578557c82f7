import type { Goal } from '#contracts';
import { newId, toObjectId } from '#platform';
import { type Answer, type Client, until } from './client.js';
import type { RecordedEvent } from './contribution-scene.js';
import type { TestService } from './service.js';

/** Shows in seconds on a service, with who reports of them. */
export class ShowScene {
  readonly streamer: Client;
  readonly platform: Client;
  sessionId: string;
  fundingGoalId: string;
  goalId: string;
  private reports = 0;

  constructor(readonly service: TestService) {
    this.streamer = service.client();
    this.platform = service.client(undefined, ['service']);
  }

  /** Opens a show with levels at these targets, in a session of its own; a function says its fields once that is open. */
  async open(targets: number[], fields: object | (() => object) = {}): Promise<Goal> {
    Object.assign(this, await this.streamer.openFundedSession());
    this.goalId = await this.streamer.createGoal('show', {
      levels: targets.map((target) => ({ target })),
      context: { funding_goal_id: this.fundingGoalId, session_id: this.sessionId },
      ...(typeof fields === 'function' ? (fields as () => object)() : fields),
    });
    await until(
      async () => (await this.streamer.session(this.sessionId)).show_goal_pairs[0]?.show_goal === this.goalId,
    );
    return this.goal();
  }

  goal(): Promise<Goal> {
    return this.streamer.goal(this.goalId);
  }

  /** Waits until the goal has these fields. */
  async becomes(fields: Partial<Goal>, withinMs?: number): Promise<Goal> {
    return until(async () => {
      const goal = await this.goal();
      const names = Object.keys(fields) as (keyof Goal)[];
      return names.every((name) => goal[name] === fields[name]) && goal;
    }, withinMs);
  }

  report(state: 'live' | 'paused', at?: Date, source_id = `${newId()}-${this.reports++}`): Promise<Answer> {
    return this.platform.post(`/goals/${this.goalId}/performance`, {
      source_id,
      state,
      ...(at && { at: at.toISOString() }),
    });
  }

  finish(body?: object, client = this.streamer): Promise<Answer<Goal & { code?: string }>> {
    return client.post(`/goals/${this.goalId}/finish`, body);
  }

  /** The show as it is stored. */
  async stored(): Promise<Record<string, unknown>> {
    return (await this.service.documents('goal', { _id: toObjectId(this.goalId) }))[0]!;
  }

  /** Changes the stored show, as if time had passed. */
  async change(fields: object): Promise<void> {
    await this.service.mongo.collection('goal').updateOne({ _id: toObjectId(this.goalId) }, { $set: fields });
  }

  /** What was published of the show, in order. */
  async published(): Promise<RecordedEvent[]> {
    const lines = await this.service.redis.lrange(`${this.service.prefix}:realtime:recorded`, 0, -1);
    return lines
      .toReversed()
      .map((line) => JSON.parse(line) as { name: string; data: string })
      .filter(({ data }) => data.includes(`"goal_id":"${this.goalId}"`))
      .map(({ name, data }) => ({ name, data: JSON.parse(data) as RecordedEvent['data'] }));
  }

  /** Waits for an event of this name, and returns all that was published up to then. */
  async says(name: string): Promise<string[]> {
    return until(async () => {
      const names = (await this.published()).map((event) => event.name);
      return names.includes(name) && names;
    });
  }
}
