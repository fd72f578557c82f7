import { newId } from '#platform';
import type { CarefulClient } from './careful-client.js';
import type { Creates } from './creates.js';
import { Stream } from './stream.js';

const everyMs = 80;
const viewer = { id: newId(), role: 'viewer' };

/** Reads of goals that take contributions, and of those that were accepted last. Each is sent once. */
export class Reads {
  private next = 0;
  private readonly stream = new Stream(everyMs, () => this.read());

  constructor(
    private readonly client: CarefulClient,
    private readonly fundGoalIds: string[],
    private readonly creates: Creates,
  ) {}

  start(): void {
    this.stream.start();
  }

  /** Returns how many are without an answer in the end. */
  stop(): Promise<number> {
    return this.stream.stop(60_000);
  }

  private async read(): Promise<void> {
    const index = this.next++;
    const accepted = this.creates.accepted.at(-1);
    const goalId =
      index % 2 === 0 && accepted ? accepted.goalId : this.fundGoalIds[index % this.fundGoalIds.length]!;
    await this.client.try({ what: 'read', method: 'GET', path: `/goals/${goalId}`, user: viewer });
  }
}
