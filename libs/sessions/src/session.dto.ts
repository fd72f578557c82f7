import type { RtcSource, Session } from '#contracts';
import { ApiIdParam, idSchema } from '#platform';
import { ApiProperty } from '@nestjs/swagger';

const anyId = '0123456789abcdef01234568';
const id = idSchema(anyId);
const idOrNull = { ...id, nullable: true };

/** Documents the id of a session in the path. */
export const ApiSessionId = () => ApiIdParam('session_id', anyId);

/** A session opens empty; the token says whose it is. */
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
