import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { newId } from '../mongo/object-id.js';

/** What a request sets out to do. */
export interface Operation {
  /** Id for what it is to make; the same again when a request with an Idempotency-Key is repeated. */
  id: string;
  /** An earlier request with the same key died before it answered, perhaps after it had made it. */
  isResumed: boolean;
}

/** The operation of this request. */
export const CurrentOperation = createParamDecorator((_: unknown, context: ExecutionContext): Operation => {
  const request = context.switchToHttp().getRequest<{ operation?: Operation }>();
  return (request.operation ??= { id: newId(), isResumed: false });
});
