import type { Session } from '#contracts';
import type { SessionRecord } from './session.schema.js';

/** A session as it is answered; what an older document lacks has its default. */
export function toSession(record: SessionRecord): Session {
  return {
    session_id: record._id.toHexString(),
    user: record.user.toHexString(),
    active: record.active ?? true,
    show_goal_pairs: (record.show_goal_pairs ?? []).map(({ funding_goal, show_goal }) => ({
      funding_goal: hex(funding_goal),
      show_goal: hex(show_goal),
    })),
    karaoke_goal: hex(record.karaoke_goal),
    exclusive_goal_pairs: (record.exclusive_goal_pairs ?? []).map(({ trigger_goal, exclusive_goal }) => ({
      trigger_goal: hex(trigger_goal),
      exclusive_goal: hex(exclusive_goal),
    })),
    trigger_private_goal: hex(record.trigger_private_goal),
    rtc_sources: (record.rtc_sources ?? []).map((source) => ({
      ...source,
      since: source.since.toISOString(),
    })),
    created_at: (record.created_at ?? record._id.getTimestamp()).toISOString(),
  };
}

function hex(id: SessionRecord['user'] | null | undefined): string | null {
  return id ? id.toHexString() : null;
}
