import type { DeliveryRecord } from './webhook.schema.js';

/** Calls at once to one receiver; to one whose last call failed a single one. */
const mostCalls = 8;

/** Calls to one receiver whose outcome is not stored yet, those that run included: so many would be repeated after a crash. */
const mostUnsettled = 64;

/** Deliveries of one receiver that a process holds; further ones wait in the store. */
const mostHeld = 500;

/** The deliveries of one receiver in a process. Events of one goal go out one after the other. */
export class ReceiverLane {
  /** Whether the last call succeeded. */
  isHealthy = true;
  private waiting: DeliveryRecord[] = [];
  private readonly busyGoals = new Set<string>();
  private running = 0;
  private settling = 0;
  private reserved = 0;

  get isFull(): boolean {
    return this.held >= mostHeld;
  }

  get isIdle(): boolean {
    return this.held === 0;
  }

  private get held(): number {
    return this.waiting.length + this.running + this.settling + this.reserved;
  }

  /** Takes room for a delivery that is being stored; returns what frees it. */
  reserve(): () => void {
    this.reserved += 1;
    return () => (this.reserved -= 1);
  }

  push(delivery: DeliveryRecord): void {
    this.waiting.push(delivery);
  }

  /** The next delivery to attempt; undefined if none may begin now. Call `attempted` after the call, `settled` after that. */
  next(): DeliveryRecord | undefined {
    const unsettled = this.running + this.settling;
    if (this.isHealthy ? this.running >= mostCalls || unsettled >= mostUnsettled : unsettled > 0)
      return undefined;
    const index = this.waiting.findIndex(({ goal_id }) => goal_id === null || !this.busyGoals.has(goal_id));
    if (index === -1) return undefined;
    const [delivery] = this.waiting.splice(index, 1);
    if (delivery!.goal_id !== null) this.busyGoals.add(delivery!.goal_id);
    this.running += 1;
    return delivery;
  }

  /** The call is over, its outcome not stored yet. */
  attempted({ goal_id }: DeliveryRecord): void {
    this.running -= 1;
    this.settling += 1;
    if (goal_id !== null) this.busyGoals.delete(goal_id);
  }

  /** The outcome is stored, or could not be. */
  settled(): void {
    this.settling -= 1;
  }

  /** Empties it, but for what is being attempted. */
  takeAll(): DeliveryRecord[] {
    return this.waiting.splice(0);
  }
}
