/** What somebody gives towards a goal, in the goal's unit. */
export interface Contribution {
  source_id: string;
  user_id: string;
  amount: number;
}

/** What somebody has given to a goal in all. */
export interface Contributor {
  userId: string;
  amount: number;
}
