import type { GoalEvent } from '#contracts';
import { StreamPublisher, streamMessageOf } from '#event-log';
import {
  ApiProblems,
  type Caller,
  Clock,
  CurrentCaller,
  idSchema,
  malformedRequest,
  newId,
  payloadTooLarge,
  unauthorized,
  unavailable,
  unsupportedMediaType,
  validationFailed,
} from '#platform';
import { Channels, Realtime } from '#realtime';
import { notYourSession, sessionNotFound, SessionReader } from '#sessions';
import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBearerAuth, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { assertMayManage } from '../create-goal/session-guard.js';
import { ApiGoalId } from '../goal/goal.dto.js';
import { goalFailed, goalNotFound, goalPending, notAShow } from '../goal/goal.problems.js';
import { GoalReader } from '../read-goal/goal.reader.js';
import { canHappen, type RehearsableEvent, rehearsableEvents, rehearsalOf } from './rehearsal.js';

/** Body of a rehearsal. */
export class RehearseRequest {
  @ApiProperty({ enum: rehearsableEvents, example: 'goal.level_reached' })
  @IsIn(rehearsableEvents)
  event: RehearsableEvent;
}

export class RehearsedDto {
  @ApiProperty({ ...idSchema('0123456789abcdef0123456e'), description: 'event_id of what was sent' })
  event_id: string;
}

/** Shows what an event of a goal looks like on the screens. */
@ApiTags('overlay')
@ApiBearerAuth()
@Controller('goals/:goal_id/rehearse')
export class RehearseController {
  constructor(
    private readonly goals: GoalReader,
    private readonly sessions: SessionReader,
    private readonly streams: StreamPublisher,
    private readonly realtime: Realtime,
    private readonly channels: Channels,
    private readonly clock: Clock,
  ) {}

  @Post()
  @HttpCode(202)
  @ApiOperation({
    operationId: 'rehearseEvent',
    summary: 'Send an event to the screens as if it had happened, with test: true',
    description:
      "For the streamer of the session, services and admins. The payload is that of the event, with `test: true`. It goes to the stream's channel and to its server-sent events alone: nothing is stored, and no other service, webhook, access or settlement hears of it.",
  })
  @ApiGoalId()
  @ApiAcceptedResponse({ type: RehearsedDto })
  @ApiProblems(
    malformedRequest,
    unauthorized,
    notYourSession,
    goalNotFound,
    sessionNotFound,
    goalPending,
    goalFailed,
    notAShow,
    payloadTooLarge,
    unsupportedMediaType,
    validationFailed,
    unavailable,
  )
  async rehearse(
    @Param('goal_id') goalId: string,
    @Body() { event }: RehearseRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<RehearsedDto> {
    const goal = this.goals.show(await this.goals.stored(goalId));
    const session = await this.sessions.get(goal.conditions.session_id);
    assertMayManage(caller, session);
    if (!canHappen(event, goal)) throw notAShow(`${event} happens to funding goals alone.`);
    const [event_id, now, streamerId] = [newId(), this.clock.now(), session.user.toHexString()];
    const data = rehearsalOf(event, goal, { streamerId, now });
    const envelope = { event_id, type: event, version: goal.version, occurred_at: now.toISOString(), data };
    const message = streamMessageOf(envelope as unknown as GoalEvent)!;
    const payload = { ...message.payload, test: true };
    await Promise.all([
      this.streams.sendMessages([{ ...message, payload }]),
      this.realtime.send(this.channels.stream(streamerId), event, payload),
    ]).catch((error: unknown) => {
      throw unavailable(`The screens cannot be reached: ${String(error)}`, {}, { 'retry-after': '1' });
    });
    return { event_id };
  }
}
