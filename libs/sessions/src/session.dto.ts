import { type RtcSource, type Session, type SlotField, slotFields } from '#contracts';
import { ApiIdParam, idSchema } from '#platform';
import { ApiProperty } from '@nestjs/swagger';
import type { SessionRecord } from './session.schema.js';

const anyId = '0123456789abcdef01234568';
const id = idSchema(anyId);
const idOrNull = { ...id, nullable: true };

/** Documents the id of a session in the path. */
export const ApiSessionId = () => ApiIdParam('session_id', anyId);

/** A new session is empty; its streamer is the caller. */
export class OpenSessionRequest {}

export class ShowGoalPairDto {
  @ApiProperty({ ...idOrNull, example: '0123456789abcdef01234567' }) funding_goal: string | null;
  @ApiProperty({ ...idOrNull, example: null }) show_goal: string | null;
}

export class ExclusiveGoalPairDto {
  @ApiProperty(idOrNull) trigger_goal: string | null;
  @ApiProperty({ ...idOrNull, example: null }) exclusive_goal: string | null;
}

export class RtcSourceDto implements RtcSource {
  @ApiProperty({ example: 'camera-1' }) publisher_id: string;
  @ApiProperty({ example: 'video' }) kind: string;
  @ApiProperty({ example: 'main' }) track: string;
  @ApiProperty({ format: 'date-time', example: '2026-09-21T14:13:20.000Z' }) since: string;
}

export class SessionDto implements Session {
  @ApiProperty(id) session_id: string;
  @ApiProperty({ ...id, example: '0123456789abcdef01234569', description: 'the streamer' }) user: string;
  @ApiProperty({ example: true }) active: boolean;
  @ApiProperty({ type: [ShowGoalPairDto] }) show_goal_pairs: ShowGoalPairDto[];
  @ApiProperty({ ...idOrNull, example: null }) karaoke_goal: string | null;
  @ApiProperty({ type: [ExclusiveGoalPairDto], example: [] }) exclusive_goal_pairs: ExclusiveGoalPairDto[];
  @ApiProperty({ ...idOrNull, example: null }) trigger_private_goal: string | null;
  @ApiProperty({ type: [RtcSourceDto], example: [] }) rtc_sources: RtcSourceDto[];
  @ApiProperty({ format: 'date-time', example: '2026-09-21T14:00:00.000Z' }) created_at: string;
}

/** A session as responses show it; fields that an older document lacks get their default. */
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

function hex(objectId: SessionRecord['user'] | null | undefined): string | null {
  return objectId ? objectId.toHexString() : null;
}
