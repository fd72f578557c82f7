import { RedisKeys } from '#platform';
import { Injectable } from '@nestjs/common';

/** Names the keys of a goal's leaderboard; all are of one slot of a cluster. */
@Injectable()
export class LeaderboardKeys {
  constructor(private readonly keys: RedisKeys) {}

  of(goalId: string) {
    const board = this.keys.of('leaderboard', goalId);
    return {
      board,
      /** Additions that wait for an earlier one, by their version. */
      waiting: this.keys.beside(board, 'waiting'),
      /** Held by the process that makes the leaderboard anew. */
      lock: this.keys.beside(board, 'rebuild'),
      /** What a rebuild has so far. */
      fresh: (token: string) => this.keys.beside(board, token),
    };
  }
}
