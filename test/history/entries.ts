/** Everything that a history has, one entry a line. `at` is the suite's clock in milliseconds; the order is that of the lines. */
export type Entry = RequestEntry | AnswerEntry | PushEntry | MessageEntry | StoredEntry;

/** A client begins to send a request; each try is one. */
export interface RequestEntry {
  kind: 'request';
  at: number;
  /** Names the try; its answer has the same. */
  id: number;
  method: string;
  path: string;
  user: string;
  key?: string;
  body?: Record<string, unknown>;
}

/** What came of a request. `cut` if the connection broke, `hung` if no answer came in time: its work may be done or not. */
export interface AnswerEntry {
  kind: 'answer';
  at: number;
  id: number;
  status: number | 'cut' | 'hung';
  body?: Record<string, unknown>;
}

/** Pusher accepted an event. */
export interface PushEntry {
  kind: 'push';
  at: number;
  channel: string;
  name: string;
  data: Record<string, unknown>;
}

/** Another service received an event. */
export interface MessageEntry {
  kind: 'message';
  at: number;
  event: {
    event_id: string;
    type: string;
    version: number;
    occurred_at: string;
    data: Record<string, unknown>;
  };
}

/**
 * A document changed in MongoDB, for good: a majority has it. The order is that of the changes. Ids and dates are texts.
 */
export interface StoredEntry {
  kind: 'stored';
  at: number;
  collection: string;
  /** The `_id` of the document. */
  id: string;
  /** The whole document, after an insertion or a replacement. */
  document?: Record<string, unknown>;
  /** Fields that were set, by their paths, and fields that were taken away. */
  set?: Record<string, unknown>;
  unset?: string[];
  deleted?: true;
  /** Changes that follow each other with the same name here are one transaction: nobody has seen a state between them. */
  transaction?: string;
}
