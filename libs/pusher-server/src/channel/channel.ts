import { encoded, type Frame, protocolFrame } from './frame.js';
import { type Member, Members } from './members.js';

/** What a channel knows of a connection. */
export interface Subscriber {
  readonly socketId: string;
  send(frame: string): void;
}

/** One channel while somebody is subscribed to it. */
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

  /** Adds a subscriber, tells it so, and tells the others of a new member. */
  join(subscriber: Subscriber, member?: Member): void {
    this.subscribers.set(subscriber, member);
    const isNew = member !== undefined && this.members.add(member);
    const told = member ? { presence: this.members.summary() } : {};
    subscriber.send(protocolFrame('pusher_internal:subscription_succeeded', told, this.name));
    if (isNew) {
      const added = { user_id: member.userId, user_info: member.info };
      this.sendAll(protocolFrame('pusher_internal:member_added', added, this.name), subscriber.socketId);
    }
  }

  /** Takes a subscriber away and tells the others where a member has gone. */
  leave(subscriber: Subscriber): void {
    const member = this.subscribers.get(subscriber);
    this.subscribers.delete(subscriber);
    if (member && this.members.remove(member.userId))
      this.sendAll(protocolFrame('pusher_internal:member_removed', { user_id: member.userId }, this.name));
  }

  /** Sends an event to every subscriber but the one with this socket id. */
  broadcast(event: Omit<Frame, 'channel'>, exceptSocketId?: string): void {
    this.sendAll(encoded({ ...event, channel: this.name }), exceptSocketId);
  }

  private sendAll(frame: string, exceptSocketId?: string): void {
    for (const subscriber of this.subscribers.keys())
      if (subscriber.socketId !== exceptSocketId) subscriber.send(frame);
  }
}
