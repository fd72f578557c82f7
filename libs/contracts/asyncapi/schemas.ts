import { createGenerator, type Schema } from 'ts-json-schema-generator';
import type {
  AnswerPacket,
  EventPacket,
  GoalContributed,
  GoalEvent,
  GoalEventType,
  GoalPattern,
  NatsEventHeaders,
  RefusalPacket,
  RequestPacket,
  SealedPayload,
  StreamAuthorized,
  StreamEventType,
  StreamPayload,
  StreamRevoked,
  TruncatedPayload,
  WebhookHeaders,
  WebhookTest,
} from '../src/index.js';

/** All that passes between goalpost and others, by its kind and its name. The schemas are made from these types. */
export interface Wire {
  requests: { [Pattern in GoalPattern]: RequestPacket<Pattern> };
  answers: { [Pattern in GoalPattern]: AnswerPacket<Pattern> };
  refusal: RefusalPacket;
  events: { [Type in GoalEventType]: EventPacket<Type> };
  natsHeaders: NatsEventHeaders;
  webhooks: { [Type in GoalEventType]: GoalEvent<Type> };
  webhookTest: WebhookTest;
  webhookHeaders: WebhookHeaders;
  stream: { [Type in StreamEventType]: StreamPayload<Type> };
  contributed: GoalContributed;
  viewer: { 'stream.authorized': StreamAuthorized; 'stream.revoked': StreamRevoked };
  sealed: SealedPayload;
  truncated: TruncatedPayload;
}

type Tree = { [Kind in keyof Wire]: Wire[Kind] extends Record<string, never> ? never : Schema };

/** A schema for each kind of `Wire`, and those that they refer to. */
export function makeSchemas(): { wire: Tree; definitions: Record<string, Schema> } {
  const generator = createGenerator({
    path: import.meta.filename,
    tsconfig: 'libs/contracts/tsconfig.package.json',
    type: 'Wire',
    expose: 'export',
    topRef: false,
    additionalProperties: true,
    skipTypeCheck: true,
  });
  const schema = generator.createSchema('Wire');
  return {
    wire: schema.properties as Tree,
    definitions: (schema.definitions ?? {}) as Record<string, Schema>,
  };
}
