import { AsyncLocalStorage } from 'node:async_hooks';
import type { Span } from '@opentelemetry/api';
import type { Fields, SpanOrigin, SpanRole, TraceHeaders } from './spans.js';
import { tracing } from './tracing.js';

/** What a job keeps of the story that it was added in. */
export interface CarriedStory extends TraceHeaders {
  request_id?: string;
}

/** How a story begins. */
export interface Beginning {
  requestId?: string;
  /** Asked for when a line or a span needs them. */
  fields: () => Fields;
  /** Its span, and what that goes on from; absent where it is not to be traced. */
  span?: { name: string; role: SpanRole; origin?: SpanOrigin };
}

const running = new AsyncLocalStorage<Story | undefined>();

/**
 * A part of what came of a request: the request itself, a job, a delivery. Every line that is logged within it carries its
 * fields, and it is a span where traces are on.
 */
export class Story {
  private readonly begunAt = performance.now();
  private readonly noted: Fields = {};
  private known?: Fields;

  private constructor(
    readonly requestId: string | undefined,
    private readonly ownFields: () => Fields,
    private readonly span?: Span,
    private readonly whole?: Story,
  ) {}

  /** The part that this code runs in. */
  static get current(): Story | undefined {
    return running.getStore();
  }

  /** Begins where nothing of this process was before: at a request, a message, a job. */
  static begin({ requestId, fields, span }: Beginning): Story {
    return new Story(requestId, fields, span && tracing()?.start(span.name, span.role, span.origin));
  }

  /** Begins a part of the story that this code runs in. */
  static beginPart(name: string, role: SpanRole, fields: () => Fields): Story {
    const whole = Story.current;
    const origin = whole?.span && { parent: whole.span };
    return new Story(whole?.requestId, fields, tracing()?.start(name, role, origin), whole);
  }

  /** Adds to the current story what was found out on the way. */
  static note(fields: Fields): void {
    const { current } = Story;
    if (!current) return;
    Object.assign(current.noted, fields);
    current.known = undefined;
  }

  /** What its lines carry. */
  get fields(): Fields {
    this.known ??= {
      ...this.whole?.fields,
      ...(this.requestId !== undefined && { request_id: this.requestId }),
      ...(this.span && { trace_id: this.span.spanContext().traceId }),
      ...this.ownFields(),
      ...this.noted,
    };
    return this.known;
  }

  /** Whether it is a span that has to be ended. */
  get isTraced(): boolean {
    return this.span !== undefined;
  }

  /** For how long it has been going on, in milliseconds. */
  get ms(): number {
    return Math.round((performance.now() - this.begunAt) * 100) / 100;
  }

  /** What a job takes along that is added within it. */
  get carried(): CarriedStory {
    return {
      ...(this.requestId !== undefined && { request_id: this.requestId }),
      ...(this.span && tracing()?.headersOf(this.span)),
    };
  }

  /** Runs what belongs to a part that is at work elsewhere, or to none. */
  static runIn<Result>(story: Story | undefined, work: () => Result): Result {
    return running.run(story, work);
  }

  /** Runs what belongs to it. */
  run<Result>(work: () => Result): Result {
    return Story.runIn(this, work);
  }

  /** Ends it, well or with an error. */
  end(error?: Error): void {
    if (this.span) tracing()?.end(this.span, this.fields, error);
  }
}

/** For the options of a job: what it takes along of the story that it is added in. */
export function carried(): { story?: CarriedStory } {
  const { current } = Story;
  return current ? { story: current.carried } : {};
}

/** Runs work as a span of its own, where traces are on. */
export async function traced<Result>(
  name: string,
  role: SpanRole,
  fields: () => Fields,
  work: () => Promise<Result>,
): Promise<Result> {
  if (!tracing()) return work();
  const story = Story.beginPart(name, role, fields);
  try {
    const result = await story.run(work);
    story.end();
    return result;
  } catch (error) {
    story.end(error as Error);
    throw error;
  }
}
