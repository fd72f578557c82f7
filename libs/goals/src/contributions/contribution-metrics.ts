import { Injectable } from '@nestjs/common';
import { Counter, Registry } from 'prom-client';
import type { Correction } from '#contracts';

/** Counts what is special among contributions: late tickets, and what is voided. */
@Injectable()
export class ContributionMetrics {
  private readonly lateTickets: Counter;
  private readonly voids: Counter;

  constructor(registry: Registry) {
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
  }

  /** A batch is stored. */
  counted({ added, corrections }: { added: { late?: boolean }[]; corrections: Correction[] }): void {
    this.lateTickets.inc(added.filter(({ late }) => late).length);
    this.voids.inc(corrections.length);
  }
}
