import { incomingOf, Story } from '#platform';
import { randomUUID } from 'node:crypto';
import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  Logger,
  type NestInterceptor,
} from '@nestjs/common';
import { finalize, Observable, tap } from 'rxjs';

/** Gives each message a request context, a span and a log line, as HTTP requests have. */
@Injectable()
export class MessageLoggingInterceptor implements NestInterceptor {
  private readonly logger = new Logger('Messages');

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'rpc') return next.handle();
    const pattern = incomingOf(context).target;
    const story = Story.begin({
      requestId: randomUUID(),
      fields: () => ({ pattern }),
      span: { name: pattern, role: 'server' },
    });
    // The handler runs in the context of the subscription, whoever subscribes.
    return new Observable((subscriber) =>
      story.run(() => this.log(story, next.handle()).subscribe(subscriber)),
    );
  }

  private log(story: Story, responses: Observable<unknown>): Observable<unknown> {
    let fault: Error | undefined;
    return responses.pipe(
      tap({ error: (error: Error) => (fault = error) }),
      finalize(() => {
        const msg = `${story.fields.pattern} ${fault ? 'refused' : 'answered'}`;
        story.run(() => this.logger.log({ msg, ms: story.ms }));
        story.end(fault);
      }),
    );
  }
}
