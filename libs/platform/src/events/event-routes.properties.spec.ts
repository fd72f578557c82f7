import * as fc from 'fast-check';
import { type EventRoutes, routingFaults } from './event-routes.js';

fc.configureGlobal({
  seed: Number(process.env.FUZZ_SEED ?? 1),
  numRuns: Number(process.env.FUZZ_RUNS ?? 200),
});

const name = fc.constantFrom('feed', 'notify', 'track', 'bind');
const type = fc.constantFrom('created', 'added');
const routes: fc.Arbitrary<EventRoutes> = fc.dictionary(
  type,
  fc.dictionary(fc.constantFrom('Show', 'Karaoke'), fc.uniqueArray(name)),
);

/** The handlers that a table asks for, no more and no less. */
function askedBy(table: EventRoutes) {
  const wanted = new Map<string, Set<string>>();
  for (const [eventType, rows] of Object.entries(table))
    for (const handler of Object.values(rows).flat())
      wanted.set(handler, (wanted.get(handler) ?? new Set()).add(eventType));
  return [...wanted].map(([handler, eventTypes]) => ({ name: handler, eventTypes: [...eventTypes] }));
}

describe('whatever stands in a table of routes', () => {
  it('it has no fault with just the handlers that it asks for', () =>
    fc.assert(fc.property(routes, (table) => expect(routingFaults(table, askedBy(table))).toEqual([]))));

  it('it has a fault that names whichever handler is left out, doubled or deaf to an event', () =>
    fc.assert(
      fc.property(routes, fc.nat(), fc.constantFrom('left out', 'doubled', 'deaf'), (table, pick, mishap) => {
        const handlers = askedBy(table);
        fc.pre(handlers.length > 0);
        const one = handlers[pick % handlers.length]!;
        const others = handlers.filter((handler) => handler !== one);
        const mended = {
          'left out': others,
          doubled: [...handlers, one],
          deaf: [...others, { ...one, eventTypes: one.eventTypes.slice(1) }],
        };
        const faults = routingFaults(table, mended[mishap]);
        expect(faults.length).toBeGreaterThan(0);
        for (const fault of faults) expect(fault).toContain(one.name);
      }),
    ));
});
