import * as fc from 'fast-check';
import { latestSecond, readInstant, readWindow } from './rules.js';

fc.configureGlobal({
  seed: Number(process.env.FUZZ_SEED ?? 1),
  numRuns: Number(process.env.FUZZ_RUNS ?? 200),
});

const seconds = fc.double({ min: 0, max: latestSecond, noNaN: true });
const millisecond = fc.date({
  min: new Date(0),
  max: new Date('9999-12-31T23:59:59.999Z'),
  noInvalidDate: true,
});
const zone = fc
  .tuple(fc.constantFrom('+', '-'), fc.integer({ min: 0, max: 13 }), fc.integer({ min: 0, max: 59 }))
  .map(([sign, hours, minutes]) => ({ sign, hours, minutes }));
const two = (part: number) => String(part).padStart(2, '0');

/** The same moment as a clock of that zone shows it. */
function inZone(
  moment: Date,
  { sign, hours, minutes }: { sign: string; hours: number; minutes: number },
): string {
  const offset = (sign === '+' ? 1 : -1) * (hours * 60 + minutes) * 60_000;
  const shown = new Date(moment.getTime() + offset).toISOString().slice(0, -1);
  return `${shown}${sign}${two(hours)}:${two(minutes)}`;
}

describe('whatever is sent, a time', () => {
  it('is a moment from 1970 on, or refused with a sentence', () =>
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const read = readInstant(value);
        if (read instanceof Date) expect(read.getTime()).toBeGreaterThanOrEqual(0);
        else expect(read).toMatch(/^\w/);
      }),
    ));

  it('in seconds is that moment, to the millisecond', () =>
    fc.assert(
      fc.property(seconds, (value) => expect(readInstant(value)).toEqual(new Date(Math.round(value * 1000)))),
    ));

  it('is the same moment in every zone', () =>
    fc.assert(
      fc.property(millisecond, zone, (moment, where) => {
        const shown = inZone(moment, where);
        // A year of five digits or before 0 is another form, which no rule here is about.
        fc.pre(/^\d{4}-/.test(shown));
        expect(readInstant(shown)).toEqual(moment);
      }),
    ));
});

describe('whatever is sent, a window', () => {
  const bound = fc.option(
    fc.oneof(
      seconds,
      millisecond.map((moment) => moment.toISOString()),
      fc.anything(),
    ),
    {
      nil: undefined,
    },
  );

  it('without faults opens before it closes, and closes later than now', () =>
    fc.assert(
      fc.property(bound, bound, fc.boolean(), millisecond, (nbf, exp, openEnd, now) => {
        const { window, faults } = readWindow({ nbf, exp }, { openEnd, now });
        for (const { pointer } of faults) expect(['/nbf', '/exp']).toContain(pointer);
        if (faults.length > 0) return;
        expect(window.exp === null).toBe(exp === undefined);
        if (window.exp === null) expect(openEnd).toBe(true);
        else expect(window.exp.getTime()).toBeGreaterThan(Math.max(window.nbf.getTime(), now.getTime()));
      }),
    ));
});
