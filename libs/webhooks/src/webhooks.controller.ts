import { actorOf } from '#audit';
import {
  ApiProblems,
  type Caller,
  Clock,
  CurrentCaller,
  forbidden,
  isId,
  malformedRequest,
  newId,
  pageById,
  PageQuery,
  payloadTooLarge,
  problemKind,
  Roles,
  unauthorized,
  unsupportedMediaType,
  validationFailed,
} from '#platform';
import { sessionNotFound, SessionReader } from '#sessions';
import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Res } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBearerAuth,
  ApiBody,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { DeliveryStore } from './delivery.store.js';
import { TargetGuard } from './target-guard.js';
import {
  ApiEventId,
  ApiWebhookId,
  CreateWebhookRequest,
  DeliveryDto,
  DeliveryPageDto,
  EditWebhookRequest,
  TestSentDto,
  toDelivery,
  toWebhook,
  WebhookDto,
  WebhookPageDto,
  WebhookWithSecretDto,
  withSecret,
} from './webhook.dto.js';
import { testEvent } from './webhook-dispatcher.js';
import type { WebhookRecord } from './webhook.schema.js';
import { WebhookStore } from './webhook.store.js';

export const webhookNotFound = problemKind(404, 'webhook_not_found', 'There is no such webhook');
export const deliveryNotFound = problemKind(404, 'delivery_not_found', 'There is no such delivery');
export const webhookDisabled = problemKind(409, 'webhook_disabled', 'The webhook is disabled');

const inBody = [malformedRequest, payloadTooLarge, unsupportedMediaType, validationFailed];
const always = [unauthorized, forbidden];

/** Lets other services say where events are to be sent, and see what became of them. */
@ApiTags('webhooks')
@ApiBearerAuth()
@Roles('service', 'admin')
@Controller('webhooks')
export class WebhooksController {
  constructor(
    private readonly webhooks: WebhookStore,
    private readonly deliveries: DeliveryStore,
    private readonly guard: TargetGuard,
    private readonly sessions: SessionReader,
    private readonly clock: Clock,
  ) {}

  @Post()
  @ApiOperation({
    operationId: 'createWebhook',
    summary: 'Have events sent to a URL from now on',
    description:
      'Calls follow the Standard Webhooks specification. The secret is shown here and by rotate alone.',
  })
  @ApiCreatedResponse({
    type: WebhookWithSecretDto,
    headers: { Location: { schema: { type: 'string' }, description: 'where to read the webhook' } },
  })
  @ApiProblems(...always, sessionNotFound, ...inBody)
  async create(
    @Body() { url, events = null as never, session_id = null as never }: CreateWebhookRequest,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<WebhookWithSecretDto> {
    await this.assertMayCall(url);
    if (session_id !== null) await this.sessions.get(session_id);
    const webhook = withSecret(await this.webhooks.create({ url, events, session_id }, actorOf(caller)));
    void reply.header('location', `/webhooks/${webhook.webhook_id}`);
    return webhook;
  }

  @Get()
  @ApiOperation({
    operationId: 'getWebhooks',
    summary: 'All webhooks, oldest first',
    description: 'Page by page, without their secrets.',
  })
  @ApiOkResponse({ type: WebhookPageDto })
  @ApiProblems(...always, validationFailed)
  async list(@Query() { cursor, limit }: PageQuery): Promise<WebhookPageDto> {
    return pageById(await this.webhooks.list(cursor, limit + 1), limit, toWebhook);
  }

  @Get(':webhook_id')
  @ApiOperation({
    operationId: 'getWebhook',
    summary: 'A webhook, and why it is disabled if it is',
    description: '`disabled_reason` says why it gets nothing.',
  })
  @ApiWebhookId()
  @ApiOkResponse({ type: WebhookDto })
  @ApiProblems(...always, webhookNotFound)
  async get(@Param('webhook_id') webhookId: string): Promise<WebhookDto> {
    return toWebhook(await this.found(webhookId));
  }

  @Patch(':webhook_id')
  @ApiBody({ type: EditWebhookRequest, required: false })
  @ApiOperation({
    operationId: 'editWebhook',
    summary: 'Change the URL, the types of events, or enable it again',
    description: 'What is pending when it is disabled is given up; the event log has what it missed.',
  })
  @ApiWebhookId()
  @ApiOkResponse({ type: WebhookDto })
  @ApiProblems(...always, webhookNotFound, ...inBody)
  async edit(
    @Param('webhook_id') webhookId: string,
    @Body() changes: EditWebhookRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<WebhookDto> {
    await this.found(webhookId);
    if (changes.url !== undefined) await this.assertMayCall(changes.url);
    const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
    const webhook = orNotFound(await this.webhooks.edit(webhookId, given, actorOf(caller)), webhookId);
    if (!webhook.enabled) await this.deliveries.abandon(webhookId, 'the webhook was disabled');
    return toWebhook(webhook);
  }

  @Delete(':webhook_id')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'deleteWebhook',
    summary: 'Send it nothing any more',
    description: 'What is pending for it is given up.',
  })
  @ApiWebhookId()
  @ApiNoContentResponse({ description: 'it is gone' })
  @ApiProblems(...always, webhookNotFound)
  async delete(@Param('webhook_id') webhookId: string, @CurrentCaller() caller: Caller): Promise<void> {
    await this.found(webhookId);
    await this.webhooks.delete(webhookId, actorOf(caller));
    await this.deliveries.abandon(webhookId, 'the webhook was deleted');
  }

  @Post(':webhook_id/rotate')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'rotateWebhook',
    summary: 'A new secret; the old one signs, too, for 24 h',
    description: 'The secret is shown here alone.',
  })
  @ApiWebhookId()
  @ApiOkResponse({ type: WebhookWithSecretDto })
  @ApiProblems(...always, webhookNotFound, malformedRequest, payloadTooLarge, unsupportedMediaType)
  async rotate(
    @Param('webhook_id') webhookId: string,
    @CurrentCaller() caller: Caller,
  ): Promise<WebhookWithSecretDto> {
    await this.found(webhookId);
    return withSecret(orNotFound(await this.webhooks.rotate(webhookId, actorOf(caller)), webhookId));
  }

  @Post(':webhook_id/test')
  @HttpCode(202)
  @ApiOperation({
    operationId: 'testWebhook',
    summary: `Send it an event ${testEvent}, once`,
    description: 'It is attempted once, also if the webhook is disabled. Its delivery tells what came of it.',
  })
  @ApiWebhookId()
  @ApiAcceptedResponse({ type: TestSentDto })
  @ApiProblems(...always, webhookNotFound, malformedRequest, payloadTooLarge, unsupportedMediaType)
  async test(@Param('webhook_id') webhookId: string): Promise<TestSentDto> {
    await this.found(webhookId);
    const event_id = newId();
    const occurred_at = this.clock.now().toISOString();
    const event = { event_id, type: testEvent, version: 0, occurred_at, data: { webhook_id: webhookId } };
    const body = JSON.stringify(event);
    const delivery = { webhookId, eventId: event_id, type: testEvent, goalId: null, body };
    await this.deliveries.add({ ...delivery, isClaimed: false });
    return { event_id };
  }

  @Get(':webhook_id/deliveries')
  @ApiOperation({
    operationId: 'getDeliveries',
    summary: 'What became of its events, newest first; kept for 7 days',
    description: 'Each with the number of its attempts and what was wrong with the last one.',
  })
  @ApiWebhookId()
  @ApiOkResponse({ type: DeliveryPageDto })
  @ApiProblems(...always, webhookNotFound, validationFailed)
  async listDeliveries(
    @Param('webhook_id') webhookId: string,
    @Query() query: PageQuery,
  ): Promise<DeliveryPageDto> {
    await this.found(webhookId);
    return this.deliveries.page(webhookId, query, toDelivery);
  }

  @Post(':webhook_id/deliveries/:event_id/retry')
  @HttpCode(202)
  @ApiOperation({
    operationId: 'retryDelivery',
    summary: 'Send an event again, also one that was taken',
    description: 'It has all its attempts again.',
  })
  @ApiWebhookId()
  @ApiEventId()
  @ApiAcceptedResponse({ type: DeliveryDto })
  @ApiProblems(
    ...always,
    webhookNotFound,
    deliveryNotFound,
    webhookDisabled,
    malformedRequest,
    payloadTooLarge,
    unsupportedMediaType,
  )
  async retry(
    @Param('webhook_id') webhookId: string,
    @Param('event_id') eventId: string,
  ): Promise<DeliveryDto> {
    const { enabled, disabled_reason } = await this.found(webhookId);
    if (!enabled) throw webhookDisabled(`It gets nothing: ${disabled_reason}. Enable it first.`);
    const delivery = isId(eventId) ? await this.deliveries.retry(webhookId, eventId) : null;
    if (!delivery) throw deliveryNotFound(`The event ${eventId} is not among its deliveries.`);
    return toDelivery(delivery);
  }

  private async found(webhookId: string): Promise<WebhookRecord> {
    return orNotFound(isId(webhookId) ? await this.webhooks.find(webhookId) : null, webhookId);
  }

  private async assertMayCall(url: string): Promise<void> {
    const detail = await this.guard.refusalOf(url);
    if (detail !== undefined)
      throw validationFailed('That URL may not be called.', { errors: [{ pointer: '/url', detail }] });
  }
}

function orNotFound(webhook: WebhookRecord | null, webhookId: string): WebhookRecord {
  if (!webhook) throw webhookNotFound(`There is no webhook ${webhookId}.`);
  return webhook;
}
