/** Which handlers an event reaches: by its type, then by its row. */
export type EventRoutes = Record<string, Record<string, readonly string[]>>;

/** Injection token of the routing table. */
export const EVENT_ROUTES = Symbol('event routes');

/** Says, in a sentence each, where the routing table and the handlers differ. */
export function routingFaults(
  routes: EventRoutes,
  handlers: { name: string; eventTypes: string[] }[],
): string[] {
  const faults: string[] = [];
  const known = new Map<string, string[]>();
  for (const { name, eventTypes } of handlers) {
    if (known.has(name)) faults.push(`two handlers are called ${name}`);
    known.set(name, eventTypes);
  }
  const routed = new Set<string>();
  for (const [eventType, rows] of Object.entries(routes))
    for (const [row, names] of Object.entries(rows))
      for (const name of names) {
        routed.add(`${eventType} ${name}`);
        const handles = known.get(name);
        if (handles === undefined)
          faults.push(`row ${row} of ${eventType} names ${name}, but no handler of that name is provided`);
        else if (!handles.includes(eventType))
          faults.push(`row ${row} of ${eventType} names ${name}, which handles ${handles.join(', ')}`);
        if (names.indexOf(name) !== names.lastIndexOf(name))
          faults.push(`row ${row} of ${eventType} names ${name} twice`);
      }
  for (const { name, eventTypes } of handlers)
    for (const eventType of eventTypes)
      if (!routed.has(`${eventType} ${name}`))
        faults.push(`the handler ${name} stands in no row of ${eventType}, so it would never run for it`);
  return [...new Set(faults)];
}
