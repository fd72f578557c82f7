import { Batcher } from '../batching/batcher.js';
import { jobContext, RequestContext, type TraceHeaders } from './request-context.js';

const contextOf = (requestId: string, fields = {}) =>
  RequestContext.begin({ requestId, fields: () => fields });
const fieldsNow = () => RequestContext.current?.fields;

describe('a request context', () => {
  it('gives its fields to what runs in it, and to its parts beside their own', async () => {
    const request = contextOf('r1', { route: '/goals' });
    await request.run(async () => {
      await Promise.resolve();
      expect(fieldsNow()).toEqual({ request_id: 'r1', route: '/goals' });
      const part = RequestContext.beginPart('feed', 'internal', () => ({ handler: 'feed' }));
      expect(part.run(fieldsNow)).toEqual({ request_id: 'r1', route: '/goals', handler: 'feed' });
      expect(fieldsNow()).toEqual({ request_id: 'r1', route: '/goals' });
    });
    expect(RequestContext.current).toBeUndefined();
  });

  it('learns on the way', () => {
    const request = contextOf('r1');
    request.run(() => {
      expect(fieldsNow()).toEqual({ request_id: 'r1' });
      RequestContext.note({ goal_id: 'g1' });
    });
    expect(request.fields).toEqual({ request_id: 'r1', goal_id: 'g1' });
    expect(() => RequestContext.note({ goal_id: 'g2' })).not.toThrow();
  });

  it('goes with the jobs that are added in it, and with no others', () => {
    expect(contextOf('r1').run(jobContext)).toEqual({ traceContext: { request_id: 'r1' } });
    expect(jobContext()).toEqual({});
  });

  it('passes a trace on that has come with the request, if traces are off and it is one', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const passedOn = (parent: TraceHeaders) =>
      RequestContext.begin({ fields: () => ({}), span: { name: 'a', role: 'server', parent } }).run(
        () => RequestContext.beginPart('b', 'internal', () => ({})).traceContext,
      );
    const whole = { traceparent, tracestate: 'vendor=1' };
    expect(passedOn(whole)).toEqual(whole);
    expect(passedOn({ traceparent, tracestate: 'a\nb' })).toEqual({ traceparent });
    expect(passedOn({ tracestate: 'vendor=1' })).toEqual({});
    for (const wrong of [
      `${traceparent}\n`,
      `ff${traceparent.slice(2)}`,
      traceparent.replace(/-0a.*-b/, '-b'),
      '',
    ])
      expect(passedOn({ traceparent: wrong })).toEqual({});
  });

  it('is that of the first item in a batch, and of none where the first has none', async () => {
    const seen: unknown[] = [];
    const batcher = new Batcher<string>(
      async (items) => {
        await Promise.resolve();
        seen.push([items, RequestContext.current?.requestId]);
        return items.map(() => ({ value: undefined }));
      },
      { size: 2 },
    );
    await Promise.all([
      contextOf('r1').run(() => batcher.add('a')),
      contextOf('r2').run(() => batcher.add('b')),
      contextOf('r3').run(() => batcher.add('c')),
      batcher.add('d'),
      batcher.add('e'),
    ]);
    expect(seen).toEqual([
      [['a', 'b'], 'r1'],
      [['c', 'd'], 'r3'],
      [['e'], undefined],
    ]);
  });
});
