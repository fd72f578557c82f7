import { type BatchOutcome, type DueList, DueLists, KeyedBatcher } from '#platform';
import { Injectable } from '@nestjs/common';

/** How many ids one call adds at most. */
const mostAtOnce = 1000;

/** Progress is published at most this often per goal: four times a second, once for a goal that counts seconds. */
const slotMsOf = (unit?: string) => (unit === 'seconds' ? 1000 : 250);

/**
 * The goals that have something to publish, in a due list. What is to be published stands in their documents; a sweep finds what
 * could not be added here, so that nothing here fails.
 */
@Injectable()
export class UnpublishedGoals {
  readonly list: DueList;
  private readonly additions: KeyedBatcher<string>;

  constructor(lists: DueLists) {
    this.list = lists.of('publications');
    this.additions = new KeyedBatcher((slotMs, ids) => this.addAll(Number(slotMs), ids), {
      size: mostAtOnce,
    });
  }

  /** A goal has come further. All progress of a goal within a slot of time is published together, at the end of the slot. */
  async progressed(goalId: string, unit?: string): Promise<void> {
    await this.additions.add(String(slotMsOf(unit)), goalId);
  }

  /** A goal has changed otherwise: this is published at once, but that of a goal that counts seconds with its progress. */
  async changed(goalId: string, unit?: string): Promise<void> {
    await this.additions.add(unit === 'seconds' ? String(slotMsOf(unit)) : '0', goalId);
  }

  private async addAll(slotMs: number, ids: string[]): Promise<BatchOutcome<void>[]> {
    // If Redis is away the sweep adds them.
    await this.list.add([...new Set(ids)], slotMs).catch(() => undefined);
    return ids.map(() => ({ value: undefined }));
  }
}
