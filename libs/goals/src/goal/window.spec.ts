import { readInstant, readWindow } from './rules.js';

const now = new Date('2026-03-01T12:00:00Z');
const inSeconds = (seconds: number) => now.getTime() / 1000 + seconds;

describe('readInstant', () => {
  it.each<[unknown, string]>([
    [0, '1970-01-01T00:00:00.000Z'],
    [1_790_000_000, '2026-09-21T14:13:20.000Z'],
    [1_790_000_000.25, '2026-09-21T14:13:20.250Z'],
    [1e11, '5138-11-16T09:46:40.000Z'],
    ['2026-09-21T14:13:20Z', '2026-09-21T14:13:20.000Z'],
    ['2026-09-21T14:13Z', '2026-09-21T14:13:00.000Z'],
    ['2026-09-21T14:13:20.123456789Z', '2026-09-21T14:13:20.123Z'],
    ['2026-09-21T19:43:20+05:30', '2026-09-21T14:13:20.000Z'],
    ['2026-09-21T04:13:20-10:00', '2026-09-21T14:13:20.000Z'],
    ['2028-02-29T00:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['2028-02-29T23:59:59-12:00', '2028-03-01T11:59:59.000Z'],
  ])('reads %p', (value, instant) => {
    expect(readInstant(value)).toEqual(new Date(instant));
  });

  it.each([1e11 + 1, 1_790_000_000_000, Infinity])('hints that %p are milliseconds', (value) => {
    expect(readInstant(value)).toMatch(/milliseconds/);
  });

  it.each([-1, '1969-12-31T23:59:59Z', '1970-01-01T00:00:00+01:00'])('refuses %p, before 1970', (value) => {
    expect(readInstant(value)).toBe('must not be before 1970');
  });

  it.each([
    '2026-09-21T14:13:20',
    '2026-09-21',
    '2026-09-21 14:13:20Z',
    '2026-09-21T14:13:20+0530',
    '2026-02-30T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2027-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-09-00T00:00:00Z',
    '2026-09-21T25:00:00Z',
    '2026-09-21T14:60:00Z',
    '2026-09-21T14:13:20Z\n',
    '2026-09-21T14:13:20Z (noon)',
    ['2026-09-21T14:13:20Z'],
    '+012026-09-21T14:13:20Z',
    '1790000000',
    'tomorrow',
    '',
    null,
    true,
    [],
    {},
  ])('refuses %p', (value) => {
    expect(readInstant(value)).toMatch(/^must be Unix seconds or ISO 8601 with a zone/);
  });
});

describe('readWindow', () => {
  const read = (said: { nbf?: unknown; exp?: unknown }, openEnd = false) =>
    readWindow(said, { openEnd, now });
  const faultsOf = (said: { nbf?: unknown; exp?: unknown }, openEnd?: boolean) => read(said, openEnd).faults;

  it('reads both ends, whatever form each has', () => {
    expect(read({ nbf: inSeconds(60), exp: '2026-03-01T14:00:00+01:00' })).toEqual({
      window: { nbf: new Date('2026-03-01T12:01:00Z'), exp: new Date('2026-03-01T13:00:00Z') },
      faults: [],
    });
  });

  it('begins now where nbf is not said', () => {
    expect(read({ exp: inSeconds(1) }).window.nbf).toEqual(now);
  });

  it('may have begun long ago', () => {
    expect(faultsOf({ nbf: 0, exp: inSeconds(1) })).toEqual([]);
  });

  it('stays open without exp where the class allows it, and only there', () => {
    expect(read({}, true)).toEqual({ window: { nbf: now, exp: null }, faults: [] });
    expect(faultsOf({})).toEqual([{ pointer: '/exp', detail: 'is required for this goal_type' }]);
  });

  it.each<[string, { nbf?: unknown; exp: unknown }, string]>([
    ['has ended', { exp: inSeconds(-1) }, 'must be in the future'],
    ['ends now', { exp: inSeconds(0) }, 'must be in the future'],
    ['ended before it began', { nbf: inSeconds(60), exp: inSeconds(-60) }, 'must be in the future'],
    ['ends before it begins', { nbf: inSeconds(60), exp: inSeconds(59) }, 'must be later than nbf'],
    ['ends as it begins', { nbf: inSeconds(60), exp: inSeconds(60) }, 'must be later than nbf'],
  ])('is refused where it %s, with or without a need for exp', (_, said, detail) => {
    expect(faultsOf(said)).toEqual([{ pointer: '/exp', detail }]);
    expect(faultsOf(said, true)).toEqual([{ pointer: '/exp', detail }]);
  });

  it('names both ends where neither can be read', () => {
    expect(faultsOf({ nbf: 'soon', exp: null }, true).map(({ pointer }) => pointer)).toEqual([
      '/nbf',
      '/exp',
    ]);
  });

  it('compares exp with nbf no more where nbf cannot be read', () => {
    expect(faultsOf({ nbf: 'soon', exp: inSeconds(1) }).map(({ pointer }) => pointer)).toEqual(['/nbf']);
  });
});
