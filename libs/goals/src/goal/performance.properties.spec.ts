import * as fc from 'fast-check';
import { nextChange, performanceOf, type Report, standingAt, liveMsAt, withReport } from './performance.js';

fc.configureGlobal({
  seed: Number(process.env.FUZZ_SEED ?? 1),
  numRuns: Number(process.env.FUZZ_RUNS ?? 200),
});

const start = Date.parse('2026-09-21T14:00:00Z');
const silenceMs = 40;
const levels = [{ target: 1 }, { target: 3 }];
const at = (ms: number) => new Date(start + ms);

/** Reports close enough that some are within the silence and some are not, and that several fall on one moment. */
const report = fc
  .tuple(fc.constantFrom('live' as const, 'paused' as const), fc.integer({ min: 0, max: 300 }))
  .map(([state, ms]): Report => ({ state, at: at(ms) }));
const reports = fc.array(report, { minLength: 1, maxLength: 25 });

/** The union of live time, millisecond by millisecond: each belongs to the last report up to it. */
function modelOf(told: Report[], until: number): { liveMs: number; live: boolean } {
  const said = new Map<number, 'live' | 'paused'>();
  for (const { state, at: moment } of told) {
    const ms = moment.getTime() - start;
    if (said.get(ms) !== 'paused') said.set(ms, state);
  }
  const moments = [...said.keys()].toSorted((one, other) => one - other);
  let liveMs = 0;
  for (const [index, ms] of moments.entries()) {
    const end = moments[index + 1] ?? until;
    if (said.get(ms) === 'live' && end - ms <= silenceMs) liveMs += end - ms;
  }
  const last = moments.at(-1)!;
  return { liveMs, live: said.get(last) === 'live' && until - last <= silenceMs };
}

const latestOf = (told: Report[]) => Math.max(...told.map((one) => one.at.getTime())) - start;

describe('whatever is reported of a show, in any order', () => {
  it('its time is the union of live time', () =>
    fc.assert(
      fc.property(reports, fc.integer({ min: 0, max: 2 * silenceMs }), (told, more) => {
        const until = latestOf(told) + more;
        const performance = performanceOf(told, silenceMs)!;
        const { liveMs, live } = modelOf(told, until);
        expect(liveMsAt(performance, at(until), silenceMs)).toBe(liveMs);
        const { state, progress } = standingAt(performance, levels, at(until), silenceMs);
        expect([state, progress]).toEqual([live ? 'live' : 'paused', Math.floor(liveMs / 1000)]);
      }),
    ));

  it('it is the same shuffled, and with reports that came twice', () =>
    fc.assert(
      fc.property(
        reports.chain((told) =>
          fc.tuple(
            fc.constant(told),
            fc.shuffledSubarray([...told, ...told], { minLength: told.length, maxLength: 2 * told.length }),
          ),
        ),
        ([told, doubled]) => {
          const all = [...told, ...doubled].toReversed();
          expect(performanceOf(all, silenceMs)).toEqual(performanceOf(told, silenceMs));
        },
      ),
    ));

  it('a report that is later than all others adds to what they say, also once they count as silent', () =>
    fc.assert(
      fc.property(reports, report, fc.integer({ min: 1, max: 2 * silenceMs }), (told, { state }, more) => {
        const later = { state, at: at(latestOf(told) + more) };
        const before = performanceOf(told, silenceMs)!;
        const all = performanceOf([...told, later], silenceMs);
        expect(withReport(before, later, silenceMs)).toEqual(all);
        if (before.state === 'live')
          expect(withReport({ ...before, state: 'paused', silent: true }, later, silenceMs)).toEqual(all);
      }),
    ));

  it('nothing changes before the moment that is said to be next, and something does then', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 3500 }),
        fc.integer({ min: 0, max: 2500 }),
        fc.integer({ min: 1, max: 2000 }),
        (live_ms, sinceReport, silence) => {
          const performance = { state: 'live' as const, reported_at: at(0), live_ms };
          const standing = (ms: number) => {
            const { state, level } = standingAt(performance, levels, at(ms), silence);
            return [state, level];
          };
          const next = nextChange(performance, levels, at(sinceReport), silence);
          if (!next) {
            expect(standing(sinceReport)[0]).toBe('paused');
            return;
          }
          const change = next.getTime() - start;
          expect(change).toBeGreaterThan(sinceReport);
          expect(standing(change - 1)).toEqual(standing(sinceReport));
          expect(standing(change)).not.toEqual(standing(sinceReport));
        },
      ),
    ));
});
