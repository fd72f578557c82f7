import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { incomingOf } from '../http/incoming.js';
import { newId } from '../mongo/object-id.js';
import type { Operation } from './operation.js';

/** The operation of this request. */
export const CurrentOperation = createParamDecorator((_: unknown, context: ExecutionContext): Operation => {
  const incoming = incomingOf(context);
  return (incoming.operation ??= { id: newId(), isResumed: false });
});
