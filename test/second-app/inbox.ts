import type { GoalEvent, GoalEventType } from '#contracts';
import { EventEmitter } from 'node:events';

/** What the application received, in the order in which it came, repeats included. */
export class Inbox {
  readonly events: GoalEvent[] = [];
  private readonly arrivals = new EventEmitter();

  take(event: GoalEvent): void {
    this.events.push(event);
    this.arrivals.emit('event');
  }

  /** What came of a goal. */
  of(goalId: string): GoalEvent[] {
    return this.events.filter(({ data }) => data.goal_id === goalId);
  }

  /** Waits until a goal has events of these types, and returns the first of each; throws where one does not come in time. */
  async wait(goalId: string, types: GoalEventType[], withinMs = 15_000): Promise<GoalEvent[]> {
    return this.until(() => {
      const found = types.map((type) => this.of(goalId).find((event) => event.type === type));
      return found.every((event) => event !== undefined) ? found : undefined;
    }, withinMs);
  }

  /** Looks again at each arrival, until something is seen. */
  async until<Seen>(look: () => Seen | undefined | false, withinMs = 15_000): Promise<Seen> {
    const seen = look();
    if (seen) return seen;
    return new Promise((resolve, reject) => {
      const again = () => {
        const now = look();
        if (now) end(() => resolve(now));
      };
      const end = (settle: () => void) => {
        clearTimeout(timeout);
        this.arrivals.off('event', again);
        settle();
      };
      const received = () => this.events.map(({ type, data }) => `${type} ${data.goal_id}`).join(', ');
      const timeout = setTimeout(
        () => end(() => reject(new Error(`${look.toString()} did not hold; there came: ${received()}`))),
        withinMs,
      );
      this.arrivals.on('event', again);
    });
  }
}
