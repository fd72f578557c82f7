import { actorOf } from '#audit';
import { assertMayManage } from '#goals';
import {
  ApiProblems,
  type Caller,
  CurrentCaller,
  isId,
  malformedRequest,
  PageQuery,
  payloadTooLarge,
  problemKind,
  unauthorized,
  unsupportedMediaType,
  validationFailed,
} from '#platform';
import {
  ApiSessionId,
  notYourSession,
  sessionEnded,
  sessionNotFound,
  SessionReader,
  type SessionRecord,
} from '#sessions';
import { Controller, Delete, Get, Header, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import {
  ApiOverlayId,
  NewOverlayTokenDto,
  type OverlayTokenDto,
  OverlayTokenPageDto,
  toOverlayToken,
} from './overlay-token.dto.js';
import { OverlayTokenStore } from './overlay-token.store.js';
import { expiryOf, OverlayTokens } from './overlay-tokens.js';

export const overlayNotFound = problemKind(404, 'overlay_not_found', 'There is no such overlay token');

/** Gives out the tokens of overlays, lists and revokes them. */
@ApiTags('overlay')
@ApiBearerAuth()
@Controller('sessions/:session_id/overlay-tokens')
export class OverlayTokensController {
  constructor(
    private readonly tokens: OverlayTokens,
    private readonly store: OverlayTokenStore,
    private readonly sessions: SessionReader,
  ) {}

  @Post()
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'createOverlayToken',
    summary: 'A token for the overlay of a session, with the address to paste into OBS',
    description:
      'For the streamer of the session, services and admins. It reads the goals and events of this session and nothing else, until it is revoked or the session is over for a day.',
  })
  @ApiSessionId()
  @ApiCreatedResponse({ type: NewOverlayTokenDto })
  @ApiProblems(
    malformedRequest,
    unauthorized,
    notYourSession,
    sessionNotFound,
    sessionEnded,
    payloadTooLarge,
    unsupportedMediaType,
  )
  async create(
    @Param('session_id') sessionId: string,
    @CurrentCaller() caller: Caller,
    @Req() { protocol, host }: FastifyRequest,
  ): Promise<NewOverlayTokenDto> {
    const session = await this.managed(sessionId, caller);
    if (session.active === false) throw sessionEnded('The session has ended; there is nothing to show.');
    const { record, token } = await this.tokens.create(sessionId, actorOf(caller));
    return {
      ...toOverlayToken(record, expiryOf(session)),
      token,
      url: `${protocol}://${host}/overlay?token=${token}`,
    };
  }

  @Get()
  @ApiOperation({
    operationId: 'getOverlayTokens',
    summary: 'The overlay tokens of a session that hold, newest first',
    description: 'Without the tokens themselves, which are stored nowhere.',
  })
  @ApiSessionId()
  @ApiOkResponse({ type: OverlayTokenPageDto })
  @ApiProblems(unauthorized, notYourSession, sessionNotFound, validationFailed)
  async list(
    @Param('session_id') sessionId: string,
    @CurrentCaller() caller: Caller,
    @Query() query: PageQuery,
  ): Promise<OverlayTokenPageDto> {
    const session = await this.managed(sessionId, caller);
    const toItem = (record: Parameters<typeof toOverlayToken>[0]): OverlayTokenDto =>
      toOverlayToken(record, expiryOf(session));
    return this.store.page(sessionId, query, toItem);
  }

  @Delete(':overlay_id')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'revokeOverlayToken',
    summary: 'Refuse an overlay token from now on',
    description:
      'Every api refuses it within a second or two, and ends the streams that were opened with it.',
  })
  @ApiSessionId()
  @ApiOverlayId()
  @ApiNoContentResponse({ description: 'revoked' })
  @ApiProblems(
    malformedRequest,
    unauthorized,
    notYourSession,
    sessionNotFound,
    overlayNotFound,
    payloadTooLarge,
    unsupportedMediaType,
  )
  async revoke(
    @Param('session_id') sessionId: string,
    @Param('overlay_id') overlayId: string,
    @CurrentCaller() caller: Caller,
  ): Promise<void> {
    await this.managed(sessionId, caller);
    const isRevoked = isId(overlayId) && (await this.store.revoke(sessionId, overlayId, actorOf(caller)));
    if (!isRevoked) throw overlayNotFound(`The session has no overlay token ${overlayId}.`);
  }

  private async managed(sessionId: string, caller: Caller): Promise<SessionRecord> {
    const session = await this.sessions.get(sessionId);
    assertMayManage(caller, session);
    return session;
  }
}
