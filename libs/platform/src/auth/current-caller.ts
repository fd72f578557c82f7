import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { incomingOf } from '../http/incoming.js';

/** The caller of this request. */
export const CurrentCaller = createParamDecorator(
  (_: unknown, context: ExecutionContext) => incomingOf(context).caller,
);
