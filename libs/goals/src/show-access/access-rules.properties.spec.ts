import { type Arbitrary, assert, boolean, constantFrom, property, record } from 'fast-check';
import { type AccessFacts, wayIn } from './access-rules.js';

const anyFacts: Arbitrary<AccessFacts> = record({
  isClosed: boolean(),
  isStreamer: boolean(),
  rule: constantFrom(true, false, null),
  hasTicket: boolean(),
});

const holds = (law: (facts: AccessFacts) => boolean) => assert(property(anyFacts, law));

describe('wayIn', () => {
  it('lets nobody in once all is over', () => {
    holds((facts) => wayIn({ ...facts, isClosed: true }) === null);
  });

  it('always lets the streamer in before that', () => {
    holds((facts) => wayIn({ ...facts, isClosed: false, isStreamer: true }) === 'streamer');
  });

  it('lets nobody else in who is banned, whatever the tickets', () => {
    holds((facts) => wayIn({ ...facts, isStreamer: false, rule: false }) === null);
  });

  it('lets in whoever has a ticket, a grant or both, and nobody else', () => {
    const open = { isClosed: false, isStreamer: false };
    expect(wayIn({ ...open, rule: null, hasTicket: true })).toBe('ticket');
    expect(wayIn({ ...open, rule: true, hasTicket: true })).toBe('ticket');
    expect(wayIn({ ...open, rule: true, hasTicket: false })).toBe('grant');
    expect(wayIn({ ...open, rule: null, hasTicket: false })).toBeNull();
  });

  it('never takes access away by a grant or a ticket, nor gives it by a ban', () => {
    holds((facts) => {
      const way = wayIn(facts);
      return (
        (way === null || wayIn({ ...facts, rule: true }) !== null) &&
        (way === null || wayIn({ ...facts, hasTicket: true }) !== null) &&
        (way !== null || wayIn({ ...facts, rule: false }) === null)
      );
    });
  });
});
