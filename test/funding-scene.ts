import type { Goal, SettlementPage } from '#contracts';
import { newId, toObjectId } from '#platform';
import { type Answer, type Client, fundingBody, showBody, until } from './client.js';
import type { TestService } from './service.js';

/** An event of a goal as analytics has it. */
export interface TrackedEvent {
  event: string;
  event_id: string;
  goal_id: string;
  properties: Goal & { tickets: number; total: number; changes: string[] };
  occurred_at: string;
}

/** A moment from now on, as a request has it. */
export const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();

/** Streamers, viewers and a payment system around funding goals. */
export class FundingScene {
  readonly streamer: Client;
  readonly platform: Client;

  constructor(private readonly service: TestService) {
    this.streamer = service.client();
    this.platform = service.client(undefined, ['service']);
  }

  /** Opens a session with a funding goal that ends its countdown after a while, and waits until it sells tickets. */
  async open(endsInMs: number, more: object = {}): Promise<FundingGoal> {
    const sessionId = await this.streamer.openSession();
    const body = { ...fundingBody(sessionId), levels: [{ target: 5 }, { target: 10 }], exp: inMs(endsInMs) };
    const goalId = await this.streamer.createGoal('show_funding', { ...body, ...more });
    await until(async () => JSON.stringify(await this.streamer.session(sessionId)).includes(goalId));
    await until(async () => (await this.streamer.goal(goalId)).status === 'active');
    return new FundingGoal(this.service, this, sessionId, goalId);
  }
}

/** A funding goal, and what is done with it. */
export class FundingGoal {
  constructor(
    private readonly service: TestService,
    private readonly scene: FundingScene,
    readonly sessionId: string,
    readonly goalId: string,
  ) {}

  get(): Promise<Goal> {
    return this.scene.streamer.goal(this.goalId);
  }

  /** Sells a ticket; throws where it is refused. */
  async sell(amount: number): Promise<string> {
    const source_id = newId();
    const body = { source_id, user_id: newId(), amount };
    const answer = await this.scene.platform.post(`/goals/${this.goalId}/contributions`, body);
    if (answer.status !== 201) throw new Error(`refused: ${JSON.stringify(answer.body)}`);
    return source_id;
  }

  postShow(more: object = {}): Promise<Answer> {
    const body = { ...showBody(this.sessionId, this.goalId), ...more };
    return this.scene.streamer.post('/goals?goal_type=show', body);
  }

  /** Starts a show and waits until it is bound. */
  async startShow(): Promise<string> {
    const { status, body } = await this.postShow();
    if (status !== 202) throw new Error(`refused: ${JSON.stringify(body)}`);
    return this.hasShow();
  }

  /** Waits until a show is bound and returns its id. */
  async hasShow(): Promise<string> {
    return until(async () => (await this.get()).context.show_goal_id);
  }

  /** Ends a show as whoever ends one does, and has its funding goal looked at. */
  async endShow(showGoalId: string, delivered: boolean): Promise<void> {
    const ended = { status: 'expired', active: false, ended_at: new Date(), delivered };
    await this.service.mongo.collection('goal').updateOne({ _id: toObjectId(showGoalId) }, { $set: ended });
    await this.look();
  }

  /** Lets the countdown end now, as if its exp had been chosen so. */
  async endCountdown(): Promise<void> {
    await this.service.mongo
      .collection('goal')
      .updateOne({ _id: toObjectId(this.goalId) }, { $set: { exp: new Date() } });
    await this.look();
  }

  /** Has a worker look at the goal. */
  async look(): Promise<void> {
    await this.service.queues.of('funding').add('funding', { goal_id: this.goalId });
  }

  cancel(): Promise<Answer> {
    return this.scene.streamer.send('DELETE', `/goals/${this.goalId}`);
  }

  async endSession(): Promise<void> {
    await this.scene.streamer.post(`/sessions/${this.sessionId}/end`);
  }

  /** Waits until the goal has this outcome. */
  has(outcome: Goal['outcome']): Promise<Goal> {
    return until(async () => {
      const goal = await this.get();
      return goal.outcome === outcome && goal;
    });
  }

  /** Waits until the goal is settled. */
  async settled(): Promise<Goal> {
    return until(async () => {
      const goal = await this.get();
      return goal.settled_at !== null && goal;
    });
  }

  settlement(client = this.scene.streamer, query = ''): Promise<Answer<SettlementPage>> {
    return client.get<SettlementPage>(`/goals/${this.goalId}/settlement${query}`);
  }

  /** The events of a type that were published of it. */
  async events(event: string): Promise<TrackedEvent[]> {
    const filter = { event, goal_id: this.goalId };
    return (await this.service.documents('analytics_event', filter)) as unknown as TrackedEvent[];
  }

  /** Waits for an event of a type. */
  async event(type: string): Promise<TrackedEvent> {
    return until(async () => (await this.events(type))[0]);
  }
}
