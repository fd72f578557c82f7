import {
  ApiProblems,
  forbidden,
  idSchema,
  IfPresent,
  IsId,
  PageQuery,
  Roles,
  unauthorized,
  validationFailed,
} from '#platform';
import { Controller, Get, Query } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
  ApiTags,
} from '@nestjs/swagger';
import { IsIn, IsString, Length } from 'class-validator';
import { type AuditAct, auditActs, AuditLog } from './audit-log.store.js';
import type { Actor, AuditRecord } from './audit.schema.js';

/** An example of an optional parameter would be sent unasked. */
const id = { ...idSchema(''), example: undefined };
const text = { type: String, minLength: 1, maxLength: 255 };
const anyObject = { type: 'object', additionalProperties: true, nullable: true } as const;

export class AuditQuery extends PageQuery {
  @ApiPropertyOptional({ ...text, description: 'the user who did it, or system or cli' })
  @IfPresent()
  @IsString()
  @Length(1, 255)
  actor?: string;

  @ApiPropertyOptional({ enum: auditActs, description: 'what was done' })
  @IfPresent()
  @IsIn(auditActs)
  act?: AuditAct;

  @ApiPropertyOptional({ ...id, description: 'the goal it was done to' })
  @IfPresent()
  @IsId()
  goal_id?: string;

  @ApiPropertyOptional({ ...id, description: 'the session it was done in' })
  @IfPresent()
  @IsId()
  session_id?: string;
}

class ActorDto implements Actor {
  @ApiProperty({ example: '0123456789abcdef0123456c', description: 'or system or cli' }) user_id: string;
  @ApiProperty({ type: [String], example: ['service'] }) roles: string[];
}

export class AuditLineDto {
  @ApiProperty(idSchema('0123456789abcdef0123456d')) audit_id: string;
  @ApiProperty({ format: 'date-time', example: '2026-09-21T14:13:21.000Z' }) at: string;
  @ApiProperty() actor: ActorDto;
  @ApiProperty({
    example: 'void_contribution',
    description: `${auditActs.join(', ')}, or an act of another release`,
  })
  act: string;
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'the ids of what it was done to',
    example: { goal_id: '0123456789abcdef01234567', source_id: 'payment-4711' },
  })
  target: Record<string, string>;
  @ApiProperty({ ...anyObject, description: 'what was changed, as it was', example: { voided_at: null } })
  before: Record<string, unknown> | null;
  @ApiProperty({
    ...anyObject,
    description: 'the same, as it is since',
    example: { voided_at: '2026-09-21T14:13:21.000Z' },
  })
  after: Record<string, unknown> | null;
  @ApiProperty({ type: String, nullable: true, example: 'req-1', description: 'null if no request asked' })
  request_id: string | null;
}

export class AuditPageDto {
  @ApiProperty({ type: [AuditLineDto] }) items: AuditLineDto[];
  @ApiProperty({ type: String, nullable: true, example: null }) next_cursor: string | null;
}

/** Shows who did what. */
@ApiTags('operations')
@ApiBearerAuth()
@Controller('audit')
export class AuditController {
  constructor(private readonly log: AuditLog) {}

  @Get()
  @Roles('admin')
  @ApiOperation({
    operationId: 'getAuditLog',
    summary: 'Who did what, newest first',
    description:
      'One line for each act: cancellations, edits, finishes, voids, settlements, decisions about access, ends of sessions, replays, denials of tokens, erasures, removed messages. Lines are never changed, but for a pseudonym in the place of a user who was erased.',
  })
  @ApiOkResponse({ type: AuditPageDto })
  @ApiProblems(unauthorized, forbidden, validationFailed)
  list(@Query() query: AuditQuery): Promise<AuditPageDto> {
    return this.log.page(query, query, toLine);
  }
}

function toLine({ _id, at, actor, act, target, before, after, request_id }: AuditRecord): AuditLineDto {
  return {
    audit_id: _id.toHexString(),
    at: at.toISOString(),
    actor,
    act,
    target,
    before,
    after,
    request_id,
  };
}
