import { ruleIdOf } from '#contributions';

/** A collection that may hold the id of a user or a user's texts, and how its documents are found and changed. */
export interface Place {
  collection: string;
  /** Paths of ids that are strings. */
  ids?: string[];
  /** Paths of ids that are ObjectIds. */
  references?: string[];
  /** A field that holds the id within a text of JSON. */
  json?: string;
  /** The field that says when a document came, or changed hands; without it the document is old. */
  at: string;
  /**
   * Whether its documents are made of those of other places, so that one of the erased user can come while the erasure runs. In
   * the others, what comes after the erasure was asked for is of a user who has come back.
   */
  isCopy?: true;
  /** What is in the shard key besides `_id`. */
  shardKey?: string[];
  /** The `_id` of a document that is another user's; absent if `_id` says nothing of users. */
  idFor?: (document: Record<string, unknown>, userId: string) => string;
  /** A field that is taken away and gets no pseudonym. */
  drops?: string;
}

/**
 * Every place of MongoDB where something is stored about people: export and erasure go through all of them, in this order, what is
 * copied from others behind these. test/people.e2e.ts searches the whole database for what is missing here.
 */
export const places: Place[] = [
  {
    collection: 'goal_contribution',
    ids: ['user_id'],
    at: 'created_at',
    shardKey: ['goal_id', 'source_id'],
  },
  {
    collection: 'access_rule',
    ids: ['user_id', 'changed_by'],
    at: 'changed_at',
    idFor: ({ goal_id }, userId) => ruleIdOf(String(goal_id), userId),
  },
  // A denial has to hold on: without its user_id it is found by its _id, which is a hash.
  { collection: 'token_denial', ids: ['user_id', 'denied_by'], at: 'denied_at', drops: 'user_id' },
  {
    collection: 'session',
    references: ['user', 'user.$id'],
    ids: ['rtc_sources.publisher_id'],
    at: 'created_at',
  },
  { collection: 'overlay_token', ids: ['created_by'], at: 'created_at' },
  { collection: 'goal_request', ids: ['goal.metadata.user_id'], at: 'accepted_at' },
  {
    collection: 'goal',
    ids: ['metadata.user_id', 'publication.goal.metadata.user_id'],
    at: 'created_at',
    isCopy: true,
  },
  { collection: 'rtc_snapshot', ids: ['sources.publisher_id'], at: 'created_at', isCopy: true },
  {
    collection: 'livestream_feed',
    references: ['streamer'],
    at: 'created_at',
    isCopy: true,
    shardKey: ['session'],
  },
  {
    collection: 'analytics_event',
    ids: ['user_id', 'properties.user_id', 'properties.streamer_id', 'properties.metadata.user_id'],
    at: 'created_at',
    isCopy: true,
  },
  {
    collection: 'event_log',
    ids: ['data.user_id', 'data.streamer_id', 'data.metadata.user_id'],
    at: 'occurred_at',
    isCopy: true,
  },
  { collection: 'webhook_delivery', json: 'body', at: 'created_at', isCopy: true },
  { collection: 'audit_log', ids: ['actor.user_id', 'target.user_id'], at: 'at', isCopy: true },
];
