/** An app as Pusher knows it: the key is public, the secret signs. */
export interface PusherApp {
  id: string;
  key: string;
  secret: string;
}

/** How the server behaves towards its connections; the defaults are those of Pusher. */
export interface Timings {
  /** Silence after which a connection is asked whether it still lives. */
  activityTimeoutMs: number;
  /** How long its answer may take. */
  pongTimeoutMs: number;
  /** Client events that one connection may send in a second. */
  clientEventsPerSecond: number;
}

/** What to start: one app or several, on this port or on a free one. */
export type PusherServerOptions = { port?: number } & Partial<Timings> &
  ({ app: PusherApp } | { apps: PusherApp[] });

/** What Pusher does where nothing else is asked for. */
export const defaultTimings: Timings = {
  activityTimeoutMs: 120_000,
  pongTimeoutMs: 30_000,
  clientEventsPerSecond: 10,
};
