import { Channel } from './channel/channel.js';
import type { Member } from './channel/members.js';
import type { PusherApp } from './options.js';
import type { Connection } from './socket/connection.js';

/** An event that somebody publishes. */
export interface Publication {
  name: string;
  data: string;
  channels: string[];
  exceptSocketId?: string;
}

/** One app while the server runs: who is connected, and who listens to what. */
export class LiveApp {
  readonly connections = new Set<Connection>();
  private readonly channels = new Map<string, Channel>();

  constructor(readonly app: PusherApp) {}

  /** The channel of this name, where somebody is subscribed to it. */
  channel(name: string): Channel | undefined {
    return this.channels.get(name);
  }

  /** Every channel that somebody is subscribed to. */
  occupied(): Channel[] {
    return [...this.channels.values()];
  }

  /** Subscribes a connection. */
  join(connection: Connection, name: string, member?: Member): void {
    const channel = this.channels.get(name) ?? new Channel(name);
    this.channels.set(name, channel);
    connection.channels.add(name);
    channel.join(connection, member);
  }

  /** Ends a subscription; a channel that nobody listens to is forgotten. */
  leave(connection: Connection, name: string): void {
    const channel = this.channels.get(name);
    if (!channel || !connection.channels.delete(name)) return;
    channel.leave(connection);
    if (channel.size === 0) this.channels.delete(name);
  }

  /** Forgets a connection that is gone. */
  forget(connection: Connection): void {
    for (const name of connection.channels) this.leave(connection, name);
    this.connections.delete(connection);
  }

  /** Sends an event on its channels. */
  publish({ name, data, channels, exceptSocketId }: Publication): void {
    for (const channel of channels)
      this.channels.get(channel)?.broadcast({ event: name, data }, exceptSocketId);
  }

  /** The connections on which this user has signed in. */
  connectionsOf(userId: string): Connection[] {
    return [...this.connections].filter(({ user }) => user?.id === userId);
  }
}
