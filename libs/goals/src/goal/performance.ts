import type { GoalLevel, PerformanceState } from '#contracts';
import type { Performance } from './goal.schema.js';

/** What is reported of a show: from `at` on it is live, or paused. */
export interface Report {
  state: PerformanceState;
  at: Date;
}

/** Where a show in seconds stands at a moment. */
export interface Standing {
  state: PerformanceState;
  /** Whole seconds performed. */
  progress: number;
  level: number;
}

/**
 * What reports say together, in whatever order and however often each of them came; undefined if there is none. Live time
 * counts up to the next report, unless that came more than `silenceMs` later: then the show counts as paused since the report
 * before it. Of two reports of one moment, paused counts.
 */
export function performanceOf(reports: Report[], silenceMs: number): Performance | undefined {
  return reports
    .toSorted(inOrder)
    .reduce<Performance | undefined>(
      (performance, report) => withReport(performance, report, silenceMs),
      undefined,
    );
}

/** The performance with one more report, which is not earlier than the latest one. */
export function withReport(
  performance: Performance | undefined,
  { state, at }: Report,
  silenceMs: number,
): Performance {
  const live_ms = performance ? liveMsAt(performance, at, silenceMs) : 0;
  return { state, reported_at: at, live_ms };
}

/** Milliseconds of live time up to a moment that is not before the latest report. */
export function liveMsAt(performance: Performance, moment: Date, silenceMs: number): number {
  const sinceReport = moment.getTime() - performance.reported_at.getTime();
  return performance.live_ms + (isLive(performance) && sinceReport <= silenceMs ? sinceReport : 0);
}

/** Where a show stands at a moment; before its first report it is paused. */
export function standingAt(
  performance: Performance | undefined,
  levels: GoalLevel[],
  moment: Date,
  silenceMs: number,
): Standing {
  if (!performance) return { state: 'paused', progress: 0, level: 0 };
  const progress = Math.floor(liveMsAt(performance, moment, silenceMs) / 1000);
  return {
    state: isLive(performance) && moment <= silentAfter(performance, silenceMs) ? 'live' : 'paused',
    progress,
    level: levels.filter(({ target }) => progress >= target).length,
  };
}

/**
 * When the standing of a show changes next if no report comes: it reaches its next level, or its silence begins. Undefined if
 * it is not live at that moment.
 */
export function nextChange(
  performance: Performance | undefined,
  levels: GoalLevel[],
  moment: Date,
  silenceMs: number,
): Date | undefined {
  const { state, level } = standingAt(performance, levels, moment, silenceMs);
  if (!performance || state === 'paused') return undefined;
  const silence = silentAfter(performance, silenceMs).getTime() + 1;
  const next = levels[level];
  const reached = next
    ? performance.reported_at.getTime() + next.target * 1000 - performance.live_ms
    : Infinity;
  return new Date(Math.min(silence, reached));
}

/** Live by its latest report, also if nothing more was heard since. */
function isLive({ state, silent }: Performance): boolean {
  return state === 'live' || silent === true;
}

function silentAfter({ reported_at }: Performance, silenceMs: number): Date {
  return new Date(reported_at.getTime() + silenceMs);
}

function inOrder(one: Report, other: Report): number {
  const apart = one.at.getTime() - other.at.getTime();
  return apart || Number(one.state === 'paused') - Number(other.state === 'paused');
}
