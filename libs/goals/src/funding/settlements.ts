import { type AuditLine, AuditLog, systemActor } from '#audit';
import type { Settlement } from '#contracts';
import { SettlementStore } from '#contributions';
import { Batcher, type BatchOutcome, Clock, Transactions } from '#platform';
import { Injectable } from '@nestjs/common';
import { FundingStore, type Verdict } from '../goal/funding.store.js';
import type { GoalRecord } from '../goal/goal.schema.js';

/** A goal that is to be settled, as it was when that was decided. */
interface Settling {
  goal: GoalRecord;
  verdict: Verdict;
}

/** The end of a session settles all of its goals at once; a transaction has to end in good time all the same. */
const most = { size: 50, timeoutMs: 60_000 };

/**
 * Settles funding goals: outcome, count and sum of the tickets, the event and the line of the audit log come in one transaction,
 * which contributions cannot change any more. Goals that are to be settled at the same time share one.
 */
@Injectable()
export class Settlements {
  private readonly batcher: Batcher<Settling, boolean>;

  constructor(
    private readonly clock: Clock,
    private readonly transactions: Transactions,
    private readonly store: FundingStore,
    private readonly tickets: SettlementStore,
    private readonly audit: AuditLog,
  ) {
    this.batcher = new Batcher((batch) => this.settleAll(batch), most);
  }

  /** Settles a goal for good. Returns false if something has changed that the verdict rests on, or it is settled already. */
  settle(goal: GoalRecord, verdict: Verdict): Promise<boolean> {
    return this.batcher.add({ goal, verdict });
  }

  private async settleAll(batch: Settling[]): Promise<BatchOutcome<boolean>[]> {
    try {
      const settled = await this.write(batch);
      return batch.map(({ goal }) => ({ value: settled.has(goal._id.toHexString()) }));
    } catch (error) {
      if (batch.length === 1) throw error;
      // One that cannot be settled must not keep the others from it.
      const alone: BatchOutcome<boolean>[] = [];
      for (const one of batch)
        alone.push(...(await this.settleAll([one]).catch((fault: Error) => [{ error: fault }])));
      return alone;
    }
  }

  /** Returns the ids of those that it has settled. */
  private write(batch: Settling[]): Promise<Set<string>> {
    return this.transactions.run(async (transaction) => {
      const goalIds = await this.store.settle(batch, this.clock.now(), transaction);
      const tallies = await this.tickets.tallies(goalIds, transaction);
      await this.store.storeSettlements(tallies, transaction);
      const settled = batch.filter(({ goal }) => tallies.has(goal._id.toHexString()));
      await this.audit.record(
        settled.map((one) => lineOf(one, tallies)),
        transaction,
      );
      return new Set(goalIds);
    });
  }
}

function lineOf({ goal, verdict }: Settling, tallies: ReadonlyMap<string, Settlement>): AuditLine {
  const goal_id = goal._id.toHexString();
  const { outcome, void_reason } = verdict;
  return {
    act: 'settle_goal',
    actor: systemActor,
    target: { goal_id, session_id: goal.conditions.session_id },
    before: { outcome: goal.outcome ?? 'open' },
    after: { outcome, void_reason, ...tallies.get(goal_id) },
  };
}
