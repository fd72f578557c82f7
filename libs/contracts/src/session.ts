/** Media that a publisher sends into a session. */
export interface RtcSource {
  publisher_id: string;
  kind: string;
  track: string;
  /** ISO 8601 UTC. */
  since: string;
}

/** A session with its bindings, ids as strings or null. */
export interface Session {
  session_id: string;
  user: string;
  active: boolean;
  show_goal_pairs: { funding_goal: string | null; show_goal: string | null }[];
  karaoke_goal: string | null;
  exclusive_goal_pairs: { trigger_goal: string | null; exclusive_goal: string | null }[];
  trigger_private_goal: string | null;
  rtc_sources: RtcSource[];
  created_at: string;
}
