import { Injectable } from '@nestjs/common';
import { Counter, Registry } from 'prom-client';
import type { Correction } from '#contracts';

/** Counts contributions, and what is special among them: late tickets, what is voided, and conflicts. */
@Injectable()
export class ContributionMetrics {
  private readonly contributions: Counter;
  private readonly lateTickets: Counter;
  private readonly voids: Counter;
  private readonly conflicts: Counter;

  constructor(registry: Registry) {
    this.contributions = new Counter({
      name: 'goalpost_contributions_total',
      help: 'Contributions that were stored, late tickets included',
      registers: [registry],
    });
    this.lateTickets = new Counter({
      name: 'goalpost_late_tickets_total',
      help: 'Tickets that were bought after the countdown of their goal',
      registers: [registry],
    });
    this.voids = new Counter({
      name: 'goalpost_contributions_voided_total',
      help: 'Contributions that were voided, those that were never paid included',
      registers: [registry],
    });
    this.conflicts = new Counter({
      name: 'goalpost_contribution_conflicts_total',
      help: 'Transactions of contributions that were tried again because something else had written one of their goals',
      registers: [registry],
    });
  }

  /** A transaction is to be tried again. */
  conflict(): void {
    this.conflicts.inc();
  }

  /** Entries of a goal are stored. */
  counted({ added, corrections }: { added: { late?: boolean }[]; corrections: Correction[] }): void {
    this.contributions.inc(added.length);
    this.lateTickets.inc(added.filter(({ late }) => late).length);
    this.voids.inc(corrections.length);
  }
}
