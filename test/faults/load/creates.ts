import { showBody } from '../../client.js';
import type { CarefulClient } from './careful-client.js';
import type { Place } from './places.js';
import { Stream } from './stream.js';

/** A goal that was accepted, for its place. */
export interface AcceptedGoal extends Place {
  goalId: string;
  firstSentAt: number;
  acceptedAt: number;
}

const everyMs = 80;

/** Show goals, one a place, each under an Idempotency-Key of its own. */
export class Creates {
  readonly accepted: AcceptedGoal[] = [];
  /** Answers that no request here may get. */
  readonly refused: string[] = [];
  private next = 0;
  private readonly stream = new Stream(everyMs, () => this.begin());

  constructor(
    private readonly client: CarefulClient,
    private readonly places: Place[],
  ) {}

  start(): void {
    this.stream.start();
  }

  /** Returns how many requests are without an answer in the end. */
  stop(): Promise<number> {
    return this.stream.stop(60_000);
  }

  private begin(): Promise<void> | undefined {
    const place = this.places[this.next];
    if (!place) return undefined;
    this.next++;
    return this.create(place);
  }

  private async create(place: Place): Promise<void> {
    const firstSentAt = Date.now();
    const { status, body } = await this.client.send({
      what: 'create',
      method: 'POST',
      path: '/goals?goal_type=show',
      user: { id: place.streamerId, role: 'streamer' },
      body: showBody(place.sessionId, place.fundingGoalId),
      key: `show-of-${place.fundingGoalId}`,
    });
    if (status !== 202) this.refused.push(`${status} ${JSON.stringify(body)}`);
    else
      this.accepted.push({
        ...place,
        goalId: String(body.goal_id),
        firstSentAt,
        acceptedAt: Date.now(),
      });
  }
}
