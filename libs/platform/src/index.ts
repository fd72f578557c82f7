export { ScopedTokens, type ScopedTokenIssuer } from './auth/scoped-tokens.js';
export type { TokenDenialRecord } from './auth/token-denial.schema.js';
export { TokenDenialStore } from './auth/token-denial.store.js';
export * from './auth/token-verifier.js';
export * from './batching/batcher.js';
export { SharedReads } from './batching/shared-reads.js';
export * from './config/config.js';
export { misspelledVariables } from './config/misspelled.js';
export * from './config/variables.js';
export { StoreEpoch } from './epoch/epoch.js';
export { Ledger } from './events/delivery.js';
export * from './events/delivery.processor.js';
export * from './events/durable-event.js';
export * from './events/events.module.js';
export * from './events/event-routes.js';
export * from './events/handler-registry.js';
export * from './http/etag.interceptor.js';
export * from './http/http-app.js';
export * from './http/incoming.js';
export * from './http/openapi.js';
export { saneRequestId } from './http/malformed-requests.js';
export { LongLived } from './http/request-metrics.js';
export * from './http/run-process.js';
export { Shutdown } from './http/shutdown.js';
export * from './idempotency/idempotency.interceptor.js';
export { delayResponse, OfKind } from './limits/concurrency-limit.js';
export { Semaphore } from './limits/semaphore.js';
export * from './logging/process-logger.js';
export * from './mongo/batches.js';
export * from './mongo/clock.js';
export * from './mongo/index-step.js';
export * from './mongo/object-id.js';
export * from './mongo/paging.js';
export * from './mongo/transactions.js';
export * from './platform.module.js';
export * from './problem/api-problems.js';
export { faultLine, OperatorError } from './problem/fault-line.js';
export { IncompatibleStoreError, isOutage, OutageError, withTimeout } from './problem/outage.js';
export { sendProblem, toProblem } from './problem/problem.filter.js';
export * from './problem/problem.js';
export * from './queues/dead-letters.js';
export * from './queues/due-lists.js';
export {
  backoff,
  failedJobsKeptSeconds,
  failureId,
  isLastTry,
  PermanentError,
  readJob,
  reportFinalFailure,
  UnknownJobError,
  wasReplayed,
} from './queues/job-state.js';
export * from './queues/job-kind.js';
export * from './queues/job-workers.js';
export * from './queues/periodic-tasks.js';
export * from './redis/redis-connection.js';
export * from './redis/redis.module.js';
export * from './tracing/request-context.js';
export * from './validation/fields.js';
export * from './validation/validate.js';
