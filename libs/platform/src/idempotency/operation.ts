/** What a request sets out to do. */
export interface Operation {
  /** Id for what it is to make; the same again when a request with an Idempotency-Key is repeated. */
  id: string;
  /** An earlier request with the same key died before it answered, perhaps after it had made it. */
  isResumed: boolean;
}
