import type { Attempt } from '../load/careful-client.js';
import type { Pulse } from '../load/health-probe.js';
import type { Outage } from '../stage/outages.js';

/** What was answered while a store was away. */
export interface OutageRow {
  fault: string;
  answered: number;
  notUnavailable: number;
  withoutRetryAfter: number;
  slowestMs: number;
  /** What /health/live and /health/ready said, each with how often. */
  live: string;
  ready: string;
  /** From the end of the outage until all said ready again, the longest. */
  greenAgainMs: number;
  faults: string[];
}

const answeredWithinMs = 2_000;
const greenWithinMs = 15_000;
/** Unavailable; or in flight, where an earlier try of the same request still waits for the store. */
const asksToWait = new Set<Attempt['status']>([503, 409]);
/** Whoever looks right at the beginning may still see what was before. */
const graceMs = 300;
/** Readiness is looked at once a second, so that its answer may be as old as that. */
const readinessHoldsMs = 1_000;

/** Judges the answers that began and ended while a store was away. */
export function outageRow(fault: string, outages: Outage[], attempts: Attempt[], pulses: Pulse[]): OutageRow {
  const within = <Timed extends { at: number; ms: number }>(all: Timed[], afterMs = graceMs) =>
    all.filter(({ at, ms }) => outages.some(({ from, to }) => at >= from + afterMs && at + ms <= to));
  const creates = within(attempts.filter(({ what }) => what === 'create'));
  const overdue = attempts.filter(
    ({ at, ms }) => ms > answeredWithinMs + 500 && outages.some(({ from, to }) => at >= from && at <= to),
  );
  const health = (path: Pulse['path']) =>
    within(
      pulses.filter((pulse) => pulse.path === path),
      path === 'ready' ? graceMs + readinessHoldsMs : graceMs,
    );
  const row: OutageRow = {
    fault,
    answered: creates.length,
    notUnavailable: creates.filter(({ status, isProblem }) => !isProblem || !asksToWait.has(status)).length,
    withoutRetryAfter: creates.filter(({ hasRetryAfter }) => !hasRetryAfter).length,
    slowestMs: Math.max(0, ...creates.map(({ ms }) => ms), ...overdue.map(({ ms }) => ms)),
    live: counted(health('live').map(({ status }) => status)),
    ready: counted(health('ready').map(({ status }) => status)),
    greenAgainMs: Math.max(...outages.map((outage) => greenAgain(outage, pulses))),
    faults: [],
  };
  const say = (isWrong: boolean, what: string) => isWrong && row.faults.push(`${fault}: ${what}`);
  say(row.answered === 0, 'no request was answered during the outage');
  say(row.notUnavailable > 0, `${row.notUnavailable} answers were no 503 problem`);
  say(row.withoutRetryAfter > 0, `${row.withoutRetryAfter} answers had no Retry-After`);
  say(row.slowestMs > answeredWithinMs, `an answer took ${row.slowestMs} ms`);
  say(
    health('live').some(({ status }) => status !== 200),
    `/health/live said ${row.live}`,
  );
  // A Redis that takes no writes still answers, and with it what only reads: that is no reason to turn red.
  const isDown = outages.every(({ store }) => store !== 'Redis writes');
  say(isDown && health('ready').some(({ status }) => status !== 503), `/health/ready said ${row.ready}`);
  say(row.greenAgainMs > greenWithinMs, `/health/ready was green again after ${row.greenAgainMs} ms only`);
  return row;
}

/** Milliseconds from the end of an outage until the slower of api and worker says ready again. */
function greenAgain({ to }: Outage, pulses: Pulse[]): number {
  const greens = (['api', 'worker'] as const).map(
    (app) =>
      pulses.find(
        (pulse) => pulse.app === app && pulse.path === 'ready' && pulse.at > to && pulse.status === 200,
      ) ?? {
        at: Infinity,
        ms: 0,
      },
  );
  return Math.max(...greens.map(({ at, ms }) => at + ms - to));
}

function counted(statuses: number[]): string {
  const counts = new Map<number, number>();
  for (const status of statuses) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${count} × ${status}`).join(', ');
}
