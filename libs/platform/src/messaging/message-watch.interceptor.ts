import { randomUUID } from 'node:crypto';
import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  Logger,
  type NestInterceptor,
} from '@nestjs/common';
import { finalize, Observable, tap } from 'rxjs';
import { Story } from '../tracing/story.js';
import { incomingOf } from './incoming.js';

/** Makes each message that is let in the beginning of a story, as HTTP does with its requests. */
@Injectable()
export class MessageWatchInterceptor implements NestInterceptor {
  private readonly logger = new Logger('Messages');

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'rpc') return next.handle();
    const pattern = incomingOf(context).target;
    const story = Story.begin({
      requestId: randomUUID(),
      fields: () => ({ pattern }),
      span: { name: pattern, role: 'server' },
    });
    let fault: Error | undefined;
    const answers = next.handle().pipe(
      tap({ error: (error: Error) => (fault = error) }),
      finalize(() => {
        this.logger.log({ msg: `${pattern} ${fault ? 'refused' : 'answered'}`, ms: story.ms });
        story.end(fault);
      }),
    );
    return new Observable((listener) => story.run(() => answers.subscribe(listener)));
  }
}
