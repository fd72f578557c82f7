import type { Contributed } from '#contracts';
import type { Contribution } from '#contributions';
import { Command } from '@nestjs/cqrs';

/** Counts a contribution towards a goal. `isNew` is false where its source was counted before. */
export class ContributeCommand extends Command<Contributed & { isNew: boolean }> {
  constructor(
    readonly goalId: string,
    readonly contribution: Contribution,
  ) {
    super();
  }
}
