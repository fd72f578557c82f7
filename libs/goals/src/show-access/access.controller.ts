import { type Access, accessWays, type AccessWay } from '#contracts';
import {
  ApiProblems,
  type Caller,
  CurrentCaller,
  forbidden,
  hasRole,
  idSchema,
  IfPresent,
  malformedRequest,
  payloadTooLarge,
  unauthorized,
  unsupportedMediaType,
  validationFailed,
} from '#platform';
import { notYourSession } from '#sessions';
import { applyDecorators, Body, Controller, Delete, Get, Param, Put } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiProperty,
  ApiPropertyOptional,
  ApiTags,
} from '@nestjs/swagger';
import { IsBoolean, IsString, Length } from 'class-validator';
import { ApiGoalId } from '../goal/goal.dto.js';
import { goalFailed, goalNotFound, goalPending, notAShow, unknownGoalClass } from '../goal/goal.problems.js';
import { AccessService } from './access.service.js';
import { ShowAccess } from './show-access.js';

/** Body of a grant or a ban. */
export class AccessRequest {
  @ApiProperty({ example: true, description: 'true is a grant, false a ban' })
  @IsBoolean()
  allowed: boolean;

  @ApiPropertyOptional({ minLength: 1, maxLength: 200, example: 'moderator of the stream' })
  @IfPresent()
  @IsString()
  @Length(1, 200)
  reason?: string;
}

export class AccessDto implements Access {
  @ApiProperty({ example: true }) allowed: boolean;
  @ApiProperty({ type: String, nullable: true, enum: [...accessWays, null], example: 'ticket' })
  via: AccessWay | null;
  @ApiProperty({ ...idSchema('0123456789abcdef01234567'), description: 'the goal that was asked about' })
  goal_id: string;
  @ApiProperty(idSchema('0123456789abcdef01234568')) session_id: string;
}

/** The users of whom tickets know, since their id has to fit into a channel name. */
const userIdPattern = '^[A-Za-z0-9_\\-=,.;]{1,64}$';

const ApiUserId = () =>
  ApiParam({
    name: 'user_id',
    schema: { type: 'string', pattern: userIdPattern, example: '0123456789abcdef0123456c' },
  });

const inPath = [goalNotFound, goalPending, goalFailed, notAShow, unknownGoalClass];

/** Documents a call that decides about a user. */
const ApiDecision = (operationId: string, summary: string, description: string) =>
  applyDecorators(
    ApiOperation({ operationId, summary, description }),
    ApiGoalId(),
    ApiUserId(),
    ApiOkResponse({ type: AccessDto }),
    ApiProblems(
      malformedRequest,
      unauthorized,
      notYourSession,
      ...inPath,
      payloadTooLarge,
      unsupportedMediaType,
      validationFailed,
    ),
  );

/** Says who may watch the show of a funding goal, and lets its streamer decide. */
@ApiTags('goals')
@ApiBearerAuth()
@Controller('goals/:goal_id/access/:user_id')
export class AccessController {
  constructor(
    private readonly access: ShowAccess,
    private readonly decisions: AccessService,
  ) {}

  @Get()
  @ApiOperation({
    operationId: 'getAccess',
    summary: 'Whether a user may watch the show of a funding goal, now; also by the id of the show goal',
    description:
      'A ticket that is not voided, a grant, or being the streamer lets a user watch; a ban keeps the user out. Nobody may watch once the funding goal is void or cancelled, or the session has ended. For that user, services and admins.',
  })
  @ApiGoalId()
  @ApiUserId()
  @ApiOkResponse({ type: AccessDto })
  @ApiProblems(unauthorized, forbidden, ...inPath)
  async get(
    @Param('goal_id') goalId: string,
    @Param('user_id') userId: string,
    @CurrentCaller() caller: Caller,
  ): Promise<AccessDto> {
    assertMayAsk(caller, userId);
    return this.access.check(goalId, userId);
  }

  @Put()
  @ApiDecision(
    'setAccess',
    'Let a user watch without a ticket, or keep a user out',
    'The decision goes before tickets. The viewer is told on the own channel, other services by an event.',
  )
  async set(
    @Param('goal_id') goalId: string,
    @Param('user_id') userId: string,
    @Body() { allowed, reason }: AccessRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<AccessDto> {
    assertUserId(userId);
    return this.decisions.decide(goalId, userId, { allowed, reason }, caller);
  }

  @Delete()
  @ApiDecision(
    'takeBackAccess',
    'Take a grant or a ban back, so that tickets alone decide',
    'Where nothing was decided, nothing changes.',
  )
  async takeBack(
    @Param('goal_id') goalId: string,
    @Param('user_id') userId: string,
    @CurrentCaller() caller: Caller,
  ): Promise<AccessDto> {
    assertUserId(userId);
    return this.decisions.decide(goalId, userId, { allowed: null }, caller);
  }
}

/** Users may ask about themselves, services and admins about everybody. */
export function assertMayAsk(caller: Caller, userId: string): void {
  if (caller.userId !== userId && !hasRole(caller, 'service', 'admin'))
    throw forbidden('Only that user, a service or an admin may ask this.');
}

function assertUserId(userId: string): void {
  if (new RegExp(userIdPattern).test(userId)) return;
  const detail = 'must be 1 to 64 characters of A-Z a-z 0-9 _ - = , . ;';
  throw validationFailed('The request has invalid fields.', { errors: [{ pointer: '/user_id', detail }] });
}
