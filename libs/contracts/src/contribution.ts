/** Answer to a contribution: how far the goal is with it. */
export interface Contributed {
  goal_id: string;
  progress: number;
  /** How many levels are reached. */
  level: number;
}

/** A place on a goal's leaderboard. */
export interface LeaderboardEntry {
  rank: number;
  user_id: string;
  amount: number;
}
