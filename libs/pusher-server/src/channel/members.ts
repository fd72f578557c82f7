/** Who a subscriber of a presence channel is. */
export interface Member {
  userId: string;
  info: unknown;
}

/** The members of a presence channel; a user with several connections counts once. */
export class Members {
  private readonly known = new Map<string, { info: unknown; connections: number }>();

  get count(): number {
    return this.known.size;
  }

  get ids(): string[] {
    return [...this.known.keys()];
  }

  has(userId: string): boolean {
    return this.known.has(userId);
  }

  /** Adds a connection of a member; true where the member is new. */
  add({ userId, info }: Member): boolean {
    const member = this.known.get(userId);
    if (member) member.connections += 1;
    else this.known.set(userId, { info, connections: 1 });
    return !member;
  }

  /** Takes away a connection of a member; true where it was the last one. */
  remove(userId: string): boolean {
    const member = this.known.get(userId);
    if (!member) return false;
    member.connections -= 1;
    return member.connections === 0 && this.known.delete(userId);
  }

  /** What a new member is told. */
  summary(): { count: number; ids: string[]; hash: Record<string, unknown> } {
    // A member without info is one all the same; undefined would be lost on the way.
    const entries = [...this.known].map(([id, { info }]) => [id, info ?? null]);
    return { count: this.count, ids: this.ids, hash: Object.fromEntries(entries) };
  }
}
