import * as fc from 'fast-check';
import { routingFaults } from './routing-faults.js';
import type { EventRoutes } from './routes.js';

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

/** The receivers that a table asks for, no more and no less. */
function askedBy(table: EventRoutes) {
  const wanted = new Map<string, Set<string>>();
  for (const [eventType, rows] of Object.entries(table))
    for (const receiver of Object.values(rows).flat())
      wanted.set(receiver, (wanted.get(receiver) ?? new Set()).add(eventType));
  return [...wanted].map(([receiver, eventTypes]) => ({ name: receiver, eventTypes: [...eventTypes] }));
}

describe('whatever stands in a table of routes', () => {
  it('it has no fault with just the receivers that it asks for', () =>
    fc.assert(fc.property(routes, (table) => expect(routingFaults(table, askedBy(table))).toEqual([]))));

  it('it has a fault that names whichever receiver is left out, doubled or deaf to an event', () =>
    fc.assert(
      fc.property(routes, fc.nat(), fc.constantFrom('left out', 'doubled', 'deaf'), (table, pick, mishap) => {
        const receivers = askedBy(table);
        fc.pre(receivers.length > 0);
        const one = receivers[pick % receivers.length]!;
        const others = receivers.filter((receiver) => receiver !== one);
        const mended = {
          'left out': others,
          doubled: [...receivers, one],
          deaf: [...others, { ...one, eventTypes: one.eventTypes.slice(1) }],
        };
        const faults = routingFaults(table, mended[mishap]);
        expect(faults.length).toBeGreaterThan(0);
        for (const fault of faults) expect(fault).toContain(one.name);
      }),
    ));
});
