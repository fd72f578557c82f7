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
    // What comes behind it runs in the context in which it is called for, whoever subscribes.
    return new Observable((listener) =>
      story.run(() => this.watch(story, next.handle()).subscribe(listener)),
    );
  }

  private watch(story: Story, answers: Observable<unknown>): Observable<unknown> {
    let fault: Error | undefined;
    return answers.pipe(
      tap({ error: (error: Error) => (fault = error) }),
      finalize(() => {
        const msg = `${story.fields.pattern} ${fault ? 'refused' : 'answered'}`;
        story.run(() => this.logger.log({ msg, ms: story.ms }));
        story.end(fault);
      }),
    );
  }
}
