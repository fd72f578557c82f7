import type { DeliveryRecord } from './webhook.schema.js';

/** Calls at once to one receiver; to one whose last call failed a single one. */
const mostCalls = 8;

/** Deliveries of one receiver that a process holds; further ones wait in the store. */
const mostHeld = 500;

/** The deliveries of one receiver in a process. Events of one goal go out one after the other. */
export class ReceiverLane {
  /** Whether the last call succeeded. */
  isHealthy = true;
  private waiting: DeliveryRecord[] = [];
  private readonly busyGoals = new Set<string>();
  private running = 0;
  private reserved = 0;

  get isFull(): boolean {
    return this.waiting.length + this.running + this.reserved >= mostHeld;
  }

  get isIdle(): boolean {
    return this.waiting.length + this.running + this.reserved === 0;
  }

  /** Takes room for a delivery that is being stored; returns what frees it. */
  reserve(): () => void {
    this.reserved += 1;
    return () => (this.reserved -= 1);
  }

  push(delivery: DeliveryRecord): void {
    this.waiting.push(delivery);
  }

  /** The next delivery to attempt; undefined if none may begin now. Call `done` once it was attempted. */
  next(): DeliveryRecord | undefined {
    if (this.running >= (this.isHealthy ? mostCalls : 1)) return undefined;
    const index = this.waiting.findIndex(({ goal_id }) => goal_id === null || !this.busyGoals.has(goal_id));
    if (index === -1) return undefined;
    const [delivery] = this.waiting.splice(index, 1);
    if (delivery!.goal_id !== null) this.busyGoals.add(delivery!.goal_id);
    this.running += 1;
    return delivery;
  }

  done({ goal_id }: DeliveryRecord): void {
    this.running -= 1;
    if (goal_id !== null) this.busyGoals.delete(goal_id);
  }

  /** Empties it, but for what is being attempted. */
  takeAll(): DeliveryRecord[] {
    return this.waiting.splice(0);
  }
}
