import type { Outcome, VoidReason } from '#contracts';
import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Registry } from 'prom-client';

/** Measures what becomes of the money of funding goals, and whether it is decided in time. */
@Injectable()
export class FundingMetrics {
  private readonly outcomes: Counter<'outcome' | 'reason'>;
  private readonly overdue: Gauge;

  constructor(registry: Registry) {
    this.outcomes = new Counter({
      name: 'goalpost_funding_outcomes_total',
      help: 'Outcomes that funding goals got; reason says why the outcome is void',
      labelNames: ['outcome', 'reason'],
      registers: [registry],
    });
    this.overdue = new Gauge({
      name: 'goalpost_settlements_overdue',
      help: 'Funding goals without a show that were due a minute ago and are not settled, by the last sweep',
      registers: [registry],
    });
  }

  /** A funding goal got this outcome. */
  decided(outcome: Outcome, reason: VoidReason | null = null): void {
    this.outcomes.inc({ outcome, reason: reason ?? '' });
  }

  /** So many settlements are overdue. */
  setOverdue(count: number): void {
    this.overdue.set(count);
  }
}
