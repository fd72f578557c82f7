import { eventTypes } from '#event-log';
import { ApiIdParam, idSchema, IfPresent, IsId } from '#platform';
import { ApiProperty, ApiPropertyOptional, type ApiPropertyOptions } from '@nestjs/swagger';
import { ArrayMinSize, ArrayUnique, IsArray, IsBoolean, IsIn, IsString, MaxLength } from 'class-validator';
import {
  type DeliveryRecord,
  type DeliveryStatus,
  deliveryStatuses,
  type WebhookRecord,
} from './webhook.schema.js';

const anyId = '0123456789abcdef0123456f';
const anyEvent = '0123456789abcdef0123456e';
const urlSchema = { format: 'uri', maxLength: 2048, example: 'https://receiver.example/goalpost' };
const eventsSchema: ApiPropertyOptions = {
  type: 'array',
  items: { type: 'string', enum: eventTypes },
  minItems: 1,
  uniqueItems: true,
  example: ['goal.settled'],
};
const time = { format: 'date-time', example: '2026-09-21T14:13:20.000Z' };

export const ApiWebhookId = () => ApiIdParam('webhook_id', anyId);
export const ApiEventId = () => ApiIdParam('event_id', anyEvent);

export class CreateWebhookRequest {
  @ApiProperty({ ...urlSchema, description: 'https, and no address inside, unless WEBHOOK_ALLOW lists it' })
  @IsString()
  @MaxLength(2048)
  url: string;

  @ApiProperty({ ...eventsSchema, required: false, description: 'the types to get; default: all' })
  @IfPresent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayUnique()
  @IsIn(eventTypes, { each: true })
  events?: string[];

  @ApiPropertyOptional({
    ...idSchema('0123456789abcdef01234568'),
    description: 'events of this session alone',
  })
  @IfPresent()
  @IsId()
  session_id?: string;
}

export class EditWebhookRequest {
  @ApiPropertyOptional(urlSchema)
  @IfPresent()
  @IsString()
  @MaxLength(2048)
  url?: string;

  @ApiProperty({ ...eventsSchema, required: false })
  @IfPresent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayUnique()
  @IsIn(eventTypes, { each: true })
  events?: string[];

  @ApiPropertyOptional({
    example: true,
    description: 'true also enables a webhook that was disabled for its failures',
  })
  @IfPresent()
  @IsBoolean()
  enabled?: boolean;
}

export class WebhookDto {
  @ApiProperty(idSchema(anyId)) webhook_id: string;
  @ApiProperty(urlSchema) url: string;
  @ApiProperty({ type: [String], nullable: true, example: ['goal.settled'], description: 'null for all' })
  events: string[] | null;
  @ApiProperty({ type: String, nullable: true, example: null, description: 'null for all' }) session_id:
    string | null;
  @ApiProperty({ example: true }) enabled: boolean;
  @ApiProperty({ type: String, nullable: true, example: null, description: 'why it is disabled' })
  disabled_reason: string | null;
  @ApiProperty(time) created_at: string;
}

export class WebhookWithSecretDto extends WebhookDto {
  @ApiProperty({
    example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    description: 'signs the calls; shown here alone',
  })
  secret: string;
}

export class WebhookPageDto {
  @ApiProperty({ type: [WebhookDto] }) items: WebhookDto[];
  @ApiProperty({ type: String, nullable: true, example: null }) next_cursor: string | null;
}

export class DeliveryDto {
  @ApiProperty(idSchema(anyEvent)) event_id: string;
  @ApiProperty({ example: 'goal.settled' }) type: string;
  @ApiProperty({ enum: deliveryStatuses, example: 'delivered' }) status: DeliveryStatus;
  @ApiProperty({ type: 'integer', example: 1 }) attempts: number;
  @ApiProperty({ type: 'integer', nullable: true, example: 200, description: 'status of the last answer' })
  last_status: number | null;
  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: 'what was wrong with the last attempt',
  })
  last_error: string | null;
  @ApiProperty({ ...time, type: String, nullable: true }) last_attempt_at: string | null;
  @ApiProperty({ ...time, type: String, nullable: true, example: null }) next_attempt_at: string | null;
  @ApiProperty(time) created_at: string;
}

export class DeliveryPageDto {
  @ApiProperty({ type: [DeliveryDto] }) items: DeliveryDto[];
  @ApiProperty({ type: String, nullable: true, example: null }) next_cursor: string | null;
}

export class TestSentDto {
  @ApiProperty({ ...idSchema(anyEvent), description: 'its delivery is in the list of deliveries' })
  event_id: string;
}

/** A webhook as it is answered: without its secrets. */
export function toWebhook({
  _id,
  url,
  events,
  session_id,
  enabled,
  disabled_reason,
  created_at,
}: WebhookRecord): WebhookDto {
  const webhook_id = _id.toHexString();
  return {
    webhook_id,
    url,
    events,
    session_id,
    enabled,
    disabled_reason,
    created_at: created_at.toISOString(),
  };
}

/** A webhook with its current secret. */
export function withSecret(record: WebhookRecord): WebhookWithSecretDto {
  return Object.assign(toWebhook(record), { secret: record.secrets[0]!.secret });
}

export function toDelivery(record: DeliveryRecord): DeliveryDto {
  const { event_id, type, status, attempts, last_status, last_error, last_attempt_at, next_at, created_at } =
    record;
  return {
    event_id,
    type,
    status,
    attempts,
    last_status,
    last_error,
    last_attempt_at: last_attempt_at?.toISOString() ?? null,
    next_attempt_at: next_at?.toISOString() ?? null,
    created_at: created_at.toISOString(),
  };
}
