import { atLeast, configSection } from '#platform';
import { url } from 'envalid';

/** Limits of goals, the interval of periodic tasks, and the RTC server. */
export class GoalsConfig {
  /** Of one session. */
  maxOpenGoals: number;
  /** Of one session. */
  maxPairs: number;
  backlog: { jobs: number; seconds: number };
  sweepIntervalMs: number;
  /** By how much the end of a goal may be moved in all. */
  maxExtensionSeconds: number;
  /** How long a live show may go without a report before it counts as paused since the last one. */
  performanceSilenceMs: number;
  /** How long after its countdown a funding goal waits for a show. */
  settleGraceMs: number;
  rtc: { sourcesUrl?: string; timeoutMs: number };
}

export const goalsConfig = configSection({
  type: GoalsConfig,
  variables: {
    MAX_OPEN_GOALS: atLeast(1)({ default: 5000, desc: 'goals of one session that are not over' }),
    MAX_SESSION_PAIRS: atLeast(1)({ default: 1000, desc: 'pairs of one session in its whole life' }),
    MAX_BACKLOG: atLeast(1)({ default: 50_000, desc: 'accepted goals that wait for a worker' }),
    MAX_BACKLOG_SECONDS: atLeast(1)({ default: 120, desc: 'how long the oldest of them may wait' }),
    SWEEP_INTERVAL_MS: atLeast(100)({
      default: 60_000,
      desc: 'how often a worker looks for timers that were missed',
    }),
    MAX_EXTENSION_SECONDS: atLeast(0)({
      default: 86_400,
      desc: 'by how much the end of a goal may be moved, in all',
    }),
    PERFORMANCE_SILENCE_SECONDS: atLeast(1)({
      default: 60,
      desc: 'how long a live show may go without a report before it counts as paused since the last one',
    }),
    SETTLE_GRACE_SECONDS: atLeast(0)({
      default: 900,
      desc: 'how long after its countdown a funding goal waits for a show',
    }),
    RTC_SOURCES_URL: url({
      default: undefined,
      desc: 'RTC server to ask for the sources of a session ({session_id} in it is filled in); default: the session document',
    }),
    RTC_SOURCES_TIMEOUT_MS: atLeast(1)({ default: 2000, desc: 'how long the RTC server may take to answer' }),
  },
  read: (values) => ({
    maxOpenGoals: values.MAX_OPEN_GOALS,
    maxPairs: values.MAX_SESSION_PAIRS,
    backlog: { jobs: values.MAX_BACKLOG, seconds: values.MAX_BACKLOG_SECONDS },
    sweepIntervalMs: values.SWEEP_INTERVAL_MS,
    maxExtensionSeconds: values.MAX_EXTENSION_SECONDS,
    performanceSilenceMs: values.PERFORMANCE_SILENCE_SECONDS * 1000,
    settleGraceMs: values.SETTLE_GRACE_SECONDS * 1000,
    rtc: { sourcesUrl: values.RTC_SOURCES_URL, timeoutMs: values.RTC_SOURCES_TIMEOUT_MS },
  }),
});
