import type { Contribution } from '#contributions';
import { StreamPublisher } from '#event-log';
import { Injectable, Logger } from '@nestjs/common';
import { GoalReader } from '../read-goal/goal.reader.js';

/** Nobody reads more on a screen: of the gifts to a goal, an api tells one in that time. */
const apartMs = 250;
const mostGoals = 10_000;

/**
 * Tells the streams of a session who has given, so that overlays can thank by name. Givers who want to be anonymous, or give no
 * name, are told to nobody. It is no event: it is stored nowhere, and lost if Redis is away.
 */
@Injectable()
export class GiverNotifier {
  private readonly logger = new Logger(GiverNotifier.name);
  private readonly nextAt = new Map<string, number>();

  constructor(
    private readonly goals: GoalReader,
    private readonly streams: StreamPublisher,
  ) {}

  /** Tells of a contribution that was just counted; no one waits for it. */
  tell(goalId: string, { source_id, display_name, message, amount, anonymous }: Contribution): void {
    const now = performance.now();
    if (anonymous || display_name === undefined || now < (this.nextAt.get(goalId) ?? 0)) return;
    if (this.nextAt.size >= mostGoals) this.nextAt.clear();
    this.nextAt.set(goalId, now + apartMs);
    this.send(goalId, source_id, { display_name, message: message ?? null, amount }).catch((error: unknown) =>
      this.logger.debug(`A gift is not shown: ${String(error)}`),
    );
  }

  private async send(goal_id: string, source_id: string, giver: object): Promise<void> {
    const { conditions, unit } = this.goals.show(await this.goals.stored(goal_id));
    const { session_id } = conditions;
    const payload = { goal_id, session_id, unit, source_id, giver };
    await this.streams.sendMessages([{ session_id, type: 'goal.contributed', payload }]);
  }
}
