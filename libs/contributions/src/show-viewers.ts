import { Injectable } from '@nestjs/common';
import { AccessRuleStore } from './access-rule.store.js';
import { ContributionStore } from './contribution.store.js';

/** A part of the viewers of a show, in ascending order. */
export interface ViewerPage {
  viewers: string[];
  /** The last user that was looked at; undefined if there is none after it. */
  next?: string;
}

/** Who may watch the show of a funding goal, as long as it goes on: who has a ticket or a grant, and is not banned. */
@Injectable()
export class ShowViewers {
  constructor(
    private readonly contributions: ContributionStore,
    private readonly rules: AccessRuleStore,
  ) {}

  /** The first viewers after `after`; up to `limit` users are looked at. */
  async page(goalId: string, after: string | undefined, limit: number): Promise<ViewerPage> {
    const [owners, granted] = await Promise.all([
      this.contributions.owners(goalId, after, limit),
      this.rules.granted(goalId, after, limit),
    ]);
    const users = [...new Set([...owners, ...granted])].toSorted().slice(0, limit);
    const viewers = await this.withoutBanned(goalId, users);
    return { viewers, ...(users.length === limit && { next: users.at(-1) }) };
  }

  /** All viewers, if they are at most so many; undefined if there are more. */
  async ifFew(goalId: string, most: number): Promise<string[] | undefined> {
    const [owners, granted] = await Promise.all([
      this.contributions.ownersIfFew(goalId),
      this.rules.grantedIfFew(goalId),
    ]);
    const users = new Set([...(owners ?? []), ...(granted ?? [])]);
    if (!owners || !granted || users.size > most) return undefined;
    return this.withoutBanned(goalId, [...users]);
  }

  /** Those of these users who are not banned from the show. */
  async withoutBanned(goalId: string, users: string[]): Promise<string[]> {
    if (users.length === 0) return [];
    const banned = await this.rules.banned(goalId, users);
    return users.filter((user) => !banned.has(user));
  }
}
