import { type Session, type SlotField, slotFields } from '#contracts';
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
    exclusive_goal_pairs: (record.exclusive_goal_pairs ?? []).map(({ trigger_goal, exclusive_goal }) => ({
      trigger_goal: hex(trigger_goal),
      exclusive_goal: hex(exclusive_goal),
    })),
    ...(Object.fromEntries(slotFields.map((field) => [field, hex(record[field])])) as Record<
      SlotField,
      string | null
    >),
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
