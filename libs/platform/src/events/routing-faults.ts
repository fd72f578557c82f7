import type { EventRoutes } from './routes.js';

/** Says, a sentence each, where the routing table and the receivers differ. */
export function routingFaults(
  routes: EventRoutes,
  receivers: { name: string; eventTypes: string[] }[],
): string[] {
  const faults: string[] = [];
  const known = new Map<string, string[]>();
  for (const { name, eventTypes } of receivers) {
    if (known.has(name)) faults.push(`two receivers are called ${name}`);
    known.set(name, eventTypes);
  }
  const routed = new Set<string>();
  for (const [eventType, rows] of Object.entries(routes))
    for (const [row, names] of Object.entries(rows))
      for (const name of names) {
        routed.add(`${eventType} ${name}`);
        const receives = known.get(name);
        if (receives === undefined)
          faults.push(`row ${row} of ${eventType} names ${name}, but no receiver of that name is provided`);
        else if (!receives.includes(eventType))
          faults.push(`row ${row} of ${eventType} names ${name}, which receives ${receives.join(', ')}`);
        if (names.indexOf(name) !== names.lastIndexOf(name))
          faults.push(`row ${row} of ${eventType} names ${name} twice`);
      }
  for (const { name, eventTypes } of receivers)
    for (const eventType of eventTypes)
      if (!routed.has(`${eventType} ${name}`))
        faults.push(`the receiver ${name} stands in no row of ${eventType}, so it would never run for it`);
  return [...new Set(faults)];
}
