/** A goal as the api returns it; times are ISO 8601 UTC. */
export interface Goal {
  goal_id: string;
  /** Null for a goal of a class that the api's release does not know. */
  goal_type: string | null;
  status: string;
  reason?: string;
  version: number;
  levels: { title?: string; target: number }[];
  level: number;
  progress: number;
  unit: string | null;
  context: { funding_goal_id?: string; show_goal_id?: string; [key: string]: unknown };
  nbf: string;
  exp: string | null;
  [key: string]: unknown;
}

/** The payload of an event: always the ids of its goal, and mostly the whole goal. */
export interface EventPayload {
  event_id?: string;
  goal_id: string;
  session_id?: string;
  version?: number;
  /** Set in a rehearsal: nothing of it has happened. */
  test?: true;
  [key: string]: unknown;
}

/** The state of a view. */
export interface StreamState {
  goals: Map<string, Goal>;
  /** Whether the goals have been read once. */
  isLoaded: boolean;
  /** State of the connection: that of Pusher, or connecting, connected, unavailable, failed. */
  connection: string;
  /** Users on the viewer's own channel. */
  members: string[];
}

export interface ChannelAuthorization {
  customHandler(
    request: { socketId: string; channelName: string },
    callback: (error: Error | null, authorization: { auth: string; channel_data?: string } | null) => void,
  ): void;
  secretOf(channelName: string): string | string[] | undefined;
}

/** The part of a pusher-js channel that is used. */
export interface PusherChannel {
  bind(event: string, callback: (payload: never) => void): unknown;
  bind_global(callback: (event: string, payload: never) => void): unknown;
  unbind(): unknown;
}

/** The part of a pusher-js client that is used. */
export interface PusherClient {
  connection: {
    state: string;
    bind(event: string, callback: (change: { current: string }) => void): unknown;
    unbind(event: string, callback: (change: { current: string }) => void): unknown;
  };
  subscribe(channelName: string): PusherChannel;
  unsubscribe(channelName: string): unknown;
  channel(channelName: string): PusherChannel | undefined;
}

/** The part of tweetnacl that is used. */
export interface SecretBox {
  secretbox: { open(box: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array | null };
}

export interface StreamViewOptions {
  api: string;
  token: string;
  sessionId: string;
  streamerId: string;
  /** Joins the viewer's own channel at once; the viewer needs a ticket or a grant. */
  viewerId?: string;
  /** How events come: over Pusher, which is the default, or as server-sent events of the api, without Pusher. */
  transport?: 'pusher' | 'sse';
  /** Needed unless `transport` is `sse`, and so is `authorization`. */
  pusher?: PusherClient;
  authorization?: ChannelAuthorization;
  nacl?: SecretBox;
  /** Templates of the channel names, if the service has others than the default ones. */
  channels?: { stream: string; viewer: string };
  onChange?: (state: StreamState) => void;
  onEvent?: (name: string, payload: EventPayload) => void;
  onAuthorized?: (payload: EventPayload) => void;
  /** The viewer may not watch any more; `goal_id` is the funding goal. */
  onRevoked?: (payload: EventPayload) => void;
  onError?: (error: Error) => void;
}

export interface StreamView {
  readonly state: StreamState;
  joinAs(viewerId: string): void;
  resync(): void;
  close(): void;
}

export class ProblemError extends Error {
  readonly problem: {
    status: number;
    title?: string;
    detail?: string;
    code?: string;
    [key: string]: unknown;
  };
}

export function createChannelAuthorization(options: { api: string; token: string }): ChannelAuthorization;
export function createStreamView(options: StreamViewOptions): StreamView;
export function decrypt(
  nacl: SecretBox,
  keys: string | string[],
  payload: { nonce: string; ciphertext: string },
): unknown;
export function fetchApi(
  url: string,
  token: string,
  request?: { method?: string; body?: unknown; headers?: Record<string, string>; signal?: AbortSignal },
): Promise<Response>;
