import { encoded, type Frame, protocolFrame } from './protocol.js';

/** What a channel needs of a connection. */
export interface Subscriber {
  readonly socketId: string;
  send(frame: string): void;
}

/** A subscriber of a presence channel. */
export interface Member {
  userId: string;
  info: unknown;
}

/** One channel with at least one subscriber. */
export class Channel {
  readonly members = new Members();
  private readonly subscribers = new Map<Subscriber, Member | undefined>();

  constructor(readonly name: string) {}

  get size(): number {
    return this.subscribers.size;
  }

  /** The member that this subscriber is, on a presence channel. */
  memberOf(subscriber: Subscriber): Member | undefined {
    return this.subscribers.get(subscriber);
  }

  /** Adds a subscriber, confirms it to the subscriber, and announces a new member to the others. */
  join(subscriber: Subscriber, member?: Member): void {
    this.subscribers.set(subscriber, member);
    const isNew = member !== undefined && this.members.add(member);
    const presence = member ? { presence: this.members.summary() } : {};
    subscriber.send(protocolFrame('pusher_internal:subscription_succeeded', presence, this.name));
    if (isNew) {
      const added = { user_id: member.userId, user_info: member.info };
      this.sendAll(protocolFrame('pusher_internal:member_added', added, this.name), subscriber.socketId);
    }
  }

  /** Removes a subscriber and announces to the others if a member has left. */
  leave(subscriber: Subscriber): void {
    const member = this.subscribers.get(subscriber);
    this.subscribers.delete(subscriber);
    if (member && this.members.remove(member.userId))
      this.sendAll(protocolFrame('pusher_internal:member_removed', { user_id: member.userId }, this.name));
  }

  /** Sends an event to every subscriber except the one with this socket id. */
  broadcast(event: Omit<Frame, 'channel'>, exceptSocketId?: string): void {
    this.sendAll(encoded({ ...event, channel: this.name }), exceptSocketId);
  }

  private sendAll(frame: string, exceptSocketId?: string): void {
    for (const subscriber of this.subscribers.keys())
      if (subscriber.socketId !== exceptSocketId) subscriber.send(frame);
  }
}

/** The members of a presence channel; a user with several connections counts once. */
class Members {
  private readonly byId = new Map<string, { info: unknown; connections: number }>();

  get count(): number {
    return this.byId.size;
  }

  get ids(): string[] {
    return [...this.byId.keys()];
  }

  has(userId: string): boolean {
    return this.byId.has(userId);
  }

  /** Adds a connection of a member; true if the member is new. */
  add({ userId, info }: Member): boolean {
    const member = this.byId.get(userId);
    if (member) member.connections += 1;
    else this.byId.set(userId, { info, connections: 1 });
    return !member;
  }

  /** Removes a connection of a member; true if it was the last one. */
  remove(userId: string): boolean {
    const member = this.byId.get(userId);
    if (!member) return false;
    member.connections -= 1;
    return member.connections === 0 && this.byId.delete(userId);
  }

  /** The list of members in the form of the protocol. */
  summary(): { count: number; ids: string[]; hash: Record<string, unknown> } {
    // JSON would drop the entry of a member without info if its value were undefined.
    const entries = [...this.byId].map(([id, { info }]) => [id, info ?? null]);
    return { count: this.count, ids: this.ids, hash: Object.fromEntries(entries) };
  }
}
