import { actorOf } from '#audit';
import {
  ApiIdParam,
  ApiProblems,
  type Caller,
  CurrentCaller,
  forbidden,
  idSchema,
  isId,
  LongLived,
  malformedRequest,
  payloadTooLarge,
  problemKind,
  Roles,
  unauthorized,
  unsupportedMediaType,
  validationFailed,
} from '#platform';
import { Controller, Delete, Get, HttpCode, Logger, Param, Res } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBearerAuth,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiProduces,
  ApiProperty,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import { PersonalDocuments } from './documents.store.js';
import type { ErasureRecord } from './erasure.schema.js';
import { Erasures, sessionRunning } from './erasures.js';
import { places } from './places.js';

export const erasureNotFound = problemKind(404, 'erasure_not_found', 'There is no such erasure');

const userIdLimit = 255;

const ApiUserId = () =>
  ApiParam({
    name: 'user_id',
    schema: { type: 'string', minLength: 1, maxLength: userIdLimit, example: '0123456789abcdef0123456c' },
  });

export class ErasureDto {
  @ApiProperty(idSchema('0123456789abcdef0123456a')) erasure_id: string;
  @ApiProperty({ enum: ['running', 'done'], example: 'running' }) status: 'running' | 'done';
  @ApiProperty({ type: 'integer', example: 42, description: 'documents that were changed so far' })
  documents: number;
  @ApiProperty({ format: 'date-time', example: '2026-09-21T14:13:20.000Z' }) requested_at: string;
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    example: null,
    description: 'null until it was done the first time',
  })
  completed_at: string | null;
}

/** Exports and erases what is stored about a user. */
@ApiTags('operations')
@ApiBearerAuth()
@Roles('service', 'admin')
@Controller()
export class PeopleController {
  private readonly logger = new Logger('People');

  constructor(
    private readonly erasures: Erasures,
    private readonly documents: PersonalDocuments,
  ) {}

  @Get('users/:user_id/data')
  @LongLived()
  @ApiOperation({
    operationId: 'exportUserData',
    summary: 'Everything that is stored about a user, as JSON lines',
    description:
      'One line for each document: `{collection, document}`. The last line is `{documents}`, their number; without it the export is not whole. It reads all collections, so it takes a while.',
  })
  @ApiUserId()
  @ApiProduces('application/x-ndjson')
  @ApiOkResponse({
    description: 'the documents, then their number',
    content: { 'application/x-ndjson': { schema: { type: 'string' }, example: '{"documents":0}\n' } },
  })
  @ApiProblems(unauthorized, forbidden, validationFailed)
  export(@Param('user_id') userId: string, @Res() reply: FastifyReply): void {
    assertUserId(userId);
    const lines = Readable.from(this.lines(userId));
    lines.on('error', (error) => this.logger.error(`An export broke off: ${String(error)}`));
    void reply.type('application/x-ndjson; charset=utf-8').send(lines);
  }

  @Delete('users/:user_id/data')
  @HttpCode(202)
  @ApiOperation({
    operationId: 'eraseUserData',
    summary: 'Erase a user: a pseudonym takes the place of the id everywhere, texts go, totals stay',
    description:
      'It is stored first and then done by a worker, in about half a minute if little is stored. Asked again while it runs, it is the same erasure. What the user does afterwards is kept as that of a new user.',
  })
  @ApiUserId()
  @ApiAcceptedResponse({ type: ErasureDto })
  @ApiProblems(
    malformedRequest,
    unauthorized,
    forbidden,
    sessionRunning,
    payloadTooLarge,
    unsupportedMediaType,
    validationFailed,
  )
  async erase(@Param('user_id') userId: string, @CurrentCaller() caller: Caller): Promise<ErasureDto> {
    assertUserId(userId);
    return toErasure(await this.erasures.request(userId, actorOf(caller)));
  }

  @Get('erasures/:erasure_id')
  @ApiOperation({
    operationId: 'getErasure',
    summary: 'How far an erasure is; it does not say whose',
    description:
      'Ask until it is done. Only a hash of the id is kept then, with which a restored database is erased again.',
  })
  @ApiIdParam('erasure_id', '0123456789abcdef0123456a')
  @ApiOkResponse({ type: ErasureDto })
  @ApiProblems(unauthorized, forbidden, erasureNotFound)
  async get(@Param('erasure_id') erasureId: string): Promise<ErasureDto> {
    const erasure = isId(erasureId) ? await this.erasures.find(erasureId) : null;
    if (!erasure) throw erasureNotFound(`There is no erasure ${erasureId}.`);
    return toErasure(erasure);
  }

  private async *lines(userId: string): AsyncGenerator<string> {
    let documents = 0;
    for (const place of places)
      for await (const document of this.documents.about(place, userId)) {
        documents += 1;
        yield `${JSON.stringify({ collection: place.collection, document })}\n`;
      }
    yield `${JSON.stringify({ documents })}\n`;
  }
}

/** How an erasure is shown: without the user, whose pseudonym it would tell. */
export function toErasure(erasure: ErasureRecord): ErasureDto {
  const { _id, user_id, documents, requested_at, completed_at } = erasure;
  return {
    erasure_id: _id.toHexString(),
    status: user_id === undefined ? 'done' : 'running',
    documents,
    requested_at: requested_at.toISOString(),
    completed_at: completed_at?.toISOString() ?? null,
  };
}

/** A token's subject may be any text, so a user's id may be, too. */
function assertUserId(userId: string): void {
  if (userId.length <= userIdLimit && userId.isWellFormed() && !userId.includes('\0')) return;
  const detail = `must be 1 to ${userIdLimit} characters without NUL`;
  throw validationFailed('The user_id is not valid.', { errors: [{ pointer: '/user_id', detail }] });
}
