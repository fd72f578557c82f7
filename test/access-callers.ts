/** Callers whose token does not hold, though all else that they say is good. */
export const refusedCallers = [
  'no token',
  'expired',
  'wrong signature',
  'alg none',
  'public key as secret',
] as const;

/** Everyone who may call. */
export const callers = [
  ...refusedCallers,
  'viewer',
  'other streamer',
  'streamer',
  'service',
  'admin',
] as const;
export type CallerName = (typeof callers)[number];

/** What a caller sends: over HTTP as a method and a path, or as a message. */
export type AccessRequest =
  | { method: string; path: string; body?: unknown; headers?: Record<string, string>; pusher?: true }
  | { pattern: string; message: object };
