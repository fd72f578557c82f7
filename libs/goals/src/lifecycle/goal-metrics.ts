import { type GoalClass, goalTypes } from '#contracts';
import { Injectable } from '@nestjs/common';
import { Histogram, Registry } from 'prom-client';

/** Measures how long goals take until they are bound, and how late their timers are. */
@Injectable()
export class GoalMetrics {
  private readonly untilBound: Histogram<'goal_type'>;
  private readonly lateness: Histogram<'step'>;

  constructor(registry: Registry) {
    this.untilBound = new Histogram({
      name: 'goalpost_goal_bound_seconds',
      help: 'From the request for a goal to its binding to the session',
      labelNames: ['goal_type'],
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
      registers: [registry],
    });
    this.lateness = new Histogram({
      name: 'goalpost_timer_lateness_seconds',
      help: 'How long after its moment a goal was opened or closed',
      labelNames: ['step'],
      buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
      registers: [registry],
    });
  }

  /** A goal is bound that was accepted at that moment. */
  bound(goalClass: GoalClass, acceptedAt: Date): void {
    this.untilBound.observe({ goal_type: goalTypes[goalClass] }, secondsBetween(acceptedAt, new Date()));
  }

  /** A step was taken that a timer was set for. */
  stepped(step: 'activate' | 'expire', due: Date, taken: Date): void {
    this.lateness.observe({ step }, secondsBetween(due, taken));
  }
}

function secondsBetween(before: Date, after: Date): number {
  return Math.max(0, after.getTime() - before.getTime()) / 1000;
}
