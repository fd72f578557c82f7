/** Which receivers an event reaches: by its type, then by its row. */
export type EventRoutes = Record<string, Record<string, readonly string[]>>;

/** Injection token of the routing table. */
export const EVENT_ROUTES = Symbol('event routes');
