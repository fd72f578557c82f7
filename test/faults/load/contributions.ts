import { newId } from '#platform';
import type { CarefulClient } from './careful-client.js';
import { Stream } from './stream.js';

const everyMs = 90;
const users = Array.from({ length: 30 }, () => newId());
const payer = { id: newId(), role: 'service' };

/** Contributions to a few goals; every third is sent twice at the same time, every fifth once more afterwards. */
export class Contributions {
  /** Amount by source, of each goal, that was answered as counted. */
  readonly accepted = new Map<string, Map<string, number>>();
  readonly refused: string[] = [];
  private next = 0;
  private readonly stream = new Stream(everyMs, () => this.begin());

  constructor(
    private readonly client: CarefulClient,
    private readonly goalIds: string[],
  ) {
    for (const goalId of goalIds) this.accepted.set(goalId, new Map());
  }

  get count(): number {
    return [...this.accepted.values()].reduce((total, sources) => total + sources.size, 0);
  }

  start(): void {
    this.stream.start();
  }

  /** Returns how many requests are without an answer in the end. */
  stop(): Promise<number> {
    return this.stream.stop(60_000);
  }

  private async begin(): Promise<void> {
    const index = this.next++;
    const send = () => this.give(index);
    await Promise.all(index % 3 === 0 ? [send(), send()] : [send()]);
    if (index % 5 === 0) await send();
  }

  private async give(index: number): Promise<void> {
    const goalId = this.goalIds[index % this.goalIds.length]!;
    const gift = {
      source_id: `gift-${index}`,
      user_id: users[index % users.length],
      amount: (index % 7) + 1,
    };
    const { status, body } = await this.client.send({
      what: 'contribute',
      method: 'POST',
      path: `/goals/${goalId}/contributions`,
      user: payer,
      body: gift,
    });
    if (status === 200 || status === 201) this.accepted.get(goalId)!.set(gift.source_id, gift.amount);
    else this.refused.push(`${status} ${JSON.stringify(body)}`);
  }
}
