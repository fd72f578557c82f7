import { Channel, type Member } from './channel.js';
import type { PusherApp } from './protocol.js';
import type { Connection } from './socket/connection.js';

/** An event to publish. */
export interface Publication {
  name: string;
  data: string;
  channels: string[];
  exceptSocketId?: string;
}

/** The connections and channels of one app while the server runs. */
export class LiveApp {
  readonly connections = new Set<Connection>();
  private readonly channels = new Map<string, Channel>();

  constructor(readonly app: PusherApp) {}

  /** The channel of this name, if it has a subscriber. */
  channel(name: string): Channel | undefined {
    return this.channels.get(name);
  }

  /** Every channel that has a subscriber. */
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

  /** Ends a subscription, and removes the channel with its last one. */
  leave(connection: Connection, name: string): void {
    const channel = this.channels.get(name);
    if (!channel || !connection.channels.delete(name)) return;
    channel.leave(connection);
    if (channel.size === 0) this.channels.delete(name);
  }

  /** Removes a closed connection. */
  remove(connection: Connection): void {
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
