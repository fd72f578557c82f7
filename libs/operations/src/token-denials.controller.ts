import { actorOf, AuditLog } from '#audit';
import {
  ApiIdParam,
  ApiProblems,
  type Caller,
  Clock,
  CurrentCaller,
  forbidden,
  idSchema,
  IfPresent,
  isId,
  malformedRequest,
  PageQuery,
  payloadTooLarge,
  problemKind,
  Roles,
  type TokenDenialRecord,
  TokenDenialStore,
  Transactions,
  unauthorized,
  unsupportedMediaType,
  validationFailed,
} from '#platform';
import { Body, Controller, Delete, Get, Param, Post, Query, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
  ApiTags,
} from '@nestjs/swagger';
import { IsInt, IsString, Length, Max, Min } from 'class-validator';
import type { FastifyReply } from 'fastify';

export const denialNotFound = problemKind(404, 'denial_not_found', 'There is no such denial');

const instant = { type: 'integer', minimum: 0, maximum: 100_000_000_000 } as const;
const nullable = { type: String, nullable: true } as const;

/** Body of a denial: of one token by its `jti`, or of a user's. Times are Unix seconds, as in tokens. */
export class DenyTokensRequest {
  @ApiPropertyOptional({ minLength: 1, maxLength: 255, description: 'jti of the one token' })
  @IfPresent()
  @IsString()
  @Length(1, 255)
  jti?: string;

  @ApiPropertyOptional({
    minLength: 1,
    maxLength: 255,
    example: '0123456789abcdef0123456c',
    description: 'sub of the tokens',
  })
  @IfPresent()
  @IsString()
  @Length(1, 255)
  user_id?: string;

  @ApiPropertyOptional({
    ...instant,
    example: 1_790_000_000,
    description: "with user_id: the user's tokens with an iat before it, or without one; default: now",
  })
  @IfPresent()
  @IsInt()
  @Min(instant.minimum)
  @Max(instant.maximum)
  issued_before?: number;

  @ApiPropertyOptional({
    ...instant,
    example: 4_102_444_800,
    description: 'when all of these tokens have expired, so that the denial can be forgotten; default: never',
  })
  @IfPresent()
  @IsInt()
  @Min(instant.minimum)
  @Max(instant.maximum)
  expires_at?: number;

  @ApiPropertyOptional({ minLength: 1, maxLength: 200, example: 'the phone was stolen' })
  @IfPresent()
  @IsString()
  @Length(1, 200)
  reason?: string;
}

const denialExamples = {
  user: { summary: 'all tokens of a user', value: { user_id: '0123456789abcdef0123456c' } },
  token: { summary: 'one token', value: { jti: '5f0a-4711', reason: 'the phone was stolen' } },
};

export class TokenDenialDto {
  @ApiProperty(idSchema('0123456789abcdef0123456e')) denial_id: string;
  @ApiProperty({ ...nullable, example: null }) jti: string | null;
  @ApiProperty({ ...nullable, example: '0123456789abcdef0123456c' }) user_id: string | null;
  @ApiProperty({ ...nullable, format: 'date-time', example: '2026-09-21T14:13:20.000Z' })
  issued_before: string | null;
  @ApiProperty({ ...nullable, example: 'the phone was stolen' }) reason: string | null;
  @ApiProperty({ example: '0123456789abcdef0123456f' }) denied_by: string;
  @ApiProperty({ format: 'date-time', example: '2026-09-21T14:13:21.000Z' }) denied_at: string;
  @ApiProperty({ ...nullable, format: 'date-time', example: null }) expires_at: string | null;
}

export class TokenDenialPageDto {
  @ApiProperty({ type: [TokenDenialDto] }) items: TokenDenialDto[];
  @ApiProperty({ type: String, nullable: true, example: null }) next_cursor: string | null;
}

/** Denies tokens before they expire. A denial counts on every api within a second. */
@ApiTags('operations')
@ApiBearerAuth()
@Roles('admin')
@Controller('admin/token-denials')
export class TokenDenialsController {
  constructor(
    private readonly denials: TokenDenialStore,
    private readonly transactions: Transactions,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
  ) {}

  @Post()
  @ApiOperation({
    operationId: 'denyTokens',
    summary: 'Refuse a token, or those of a user, from now on',
    description:
      "By `jti` for one token, or by `user_id` for a user's that were issued before a moment. Every api answers 401 to them within a second.",
  })
  @ApiBody({ type: DenyTokensRequest, examples: denialExamples })
  @ApiCreatedResponse({ type: TokenDenialDto, description: 'denied' })
  @ApiOkResponse({ type: TokenDenialDto, description: 'denied before, with these terms since' })
  @ApiProblems(
    malformedRequest,
    unauthorized,
    forbidden,
    payloadTooLarge,
    unsupportedMediaType,
    validationFailed,
  )
  async deny(
    @Body() request: DenyTokensRequest,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenDenialDto> {
    const now = this.clock.now();
    const subject = subjectOf(request, now);
    const terms = {
      reason: request.reason ?? null,
      denied_by: caller.userId,
      expires_at: dateOf(request.expires_at),
    };
    if (terms.expires_at && terms.expires_at <= now) throw invalid('/expires_at', 'must be in the future');
    const { before, after } = await this.transactions.run(async (transaction) => {
      const denied = await this.denials.deny(subject, terms, transaction);
      const line = {
        act: 'deny_tokens' as const,
        actor: actorOf(caller),
        target: targetOf(denied.after),
        before: denied.before && termsOf(denied.before),
        after: termsOf(denied.after),
      };
      await this.audit.record(line, transaction);
      return denied;
    });
    void reply.status(before ? 200 : 201);
    return toDenial(after);
  }

  @Get()
  @ApiOperation({
    operationId: 'getTokenDenials',
    summary: 'The denials of tokens, newest first',
    description: 'Those that were taken back or have expired are not in the list.',
  })
  @ApiOkResponse({ type: TokenDenialPageDto })
  @ApiProblems(unauthorized, forbidden, validationFailed)
  list(@Query() query: PageQuery): Promise<TokenDenialPageDto> {
    return this.denials.page(query, toDenial);
  }

  @Delete(':denial_id')
  @ApiOperation({
    operationId: 'takeBackDenial',
    summary: 'Accept the tokens again that have not expired',
    description: 'The tokens hold again within a second.',
  })
  @ApiIdParam('denial_id', '0123456789abcdef0123456e')
  @ApiOkResponse({ type: TokenDenialDto, description: 'the denial that was taken back' })
  @ApiProblems(
    malformedRequest,
    unauthorized,
    forbidden,
    denialNotFound,
    payloadTooLarge,
    unsupportedMediaType,
  )
  async takeBack(
    @Param('denial_id') denialId: string,
    @CurrentCaller() caller: Caller,
  ): Promise<TokenDenialDto> {
    const removed = isId(denialId) && (await this.remove(denialId, caller));
    if (!removed) throw denialNotFound(`There is no denial ${denialId}.`);
    return toDenial(removed);
  }

  private remove(denialId: string, caller: Caller): Promise<TokenDenialRecord | null> {
    return this.transactions.run(async (transaction) => {
      const removed = await this.denials.remove(denialId, transaction);
      if (!removed) return null;
      const line = {
        act: 'take_back_denial' as const,
        actor: actorOf(caller),
        target: targetOf(removed),
        before: termsOf(removed),
      };
      await this.audit.record(line, transaction);
      return removed;
    });
  }
}

function subjectOf({ jti, user_id, issued_before }: DenyTokensRequest, now: Date) {
  if (jti !== undefined && user_id === undefined) {
    if (issued_before !== undefined) throw invalid('/issued_before', 'must come with user_id');
    return { jti };
  }
  if (jti !== undefined || user_id === undefined) throw invalid('', 'must hold either jti or user_id');
  return { user_id, issued_before: dateOf(issued_before) ?? now };
}

const invalid = (pointer: string, detail: string) =>
  validationFailed('The request has invalid fields.', { errors: [{ pointer, detail }] });

function dateOf(seconds: number | undefined): Date | undefined {
  return seconds === undefined ? undefined : new Date(seconds * 1000);
}

function targetOf({ _id, jti, user_id }: TokenDenialRecord): Record<string, string> {
  return {
    denial_id: _id.toHexString(),
    ...(jti !== undefined && { jti }),
    ...(user_id !== undefined && { user_id }),
  };
}

function termsOf({ issued_before, reason, expires_at }: TokenDenialRecord) {
  return { issued_before: issued_before ?? null, reason, expires_at: expires_at ?? null };
}

function toDenial(denial: TokenDenialRecord): TokenDenialDto {
  const { _id, jti = null, user_id = null, issued_before, reason, denied_by, denied_at, expires_at } = denial;
  return {
    denial_id: _id.toHexString(),
    jti,
    user_id,
    issued_before: issued_before?.toISOString() ?? null,
    reason,
    denied_by,
    denied_at: denied_at.toISOString(),
    expires_at: expires_at?.toISOString() ?? null,
  };
}
