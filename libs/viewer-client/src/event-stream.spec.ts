import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '../../../test/client.js';
import { createStreamView, type Goal, type StreamViewOptions } from './index.js';

const goal = (version: number, progress: number) =>
  ({
    goal_id: 'g1',
    version,
    progress,
    level: 0,
    levels: [{ target: 10 }],
    status: 'active',
  }) as unknown as Goal;

describe('a view over server-sent events', () => {
  let api: Server;
  let url: string;
  let streams: { response: ServerResponse; lastId: string | undefined; authorization: string | undefined }[];
  let refusal: number | undefined;
  let events: string[];
  let errors: string[];
  let view: ReturnType<typeof createStreamView> | undefined;

  beforeEach(async () => {
    [streams, events, errors, refusal] = [[], [], [], undefined];
    api = createServer((request, response) => {
      if (!request.url?.endsWith('/events'))
        return response.end(JSON.stringify({ items: [goal(1, 0)], next_cursor: null }));
      const { authorization, 'last-event-id': lastId } = request.headers;
      if (refusal !== undefined) return response.writeHead(refusal).end('{}');
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('retry: 2000\n\n');
      streams.push({ response, lastId: lastId as string | undefined, authorization });
      return response;
    }).listen(0, '127.0.0.1');
    await once(api, 'listening');
    url = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    view?.close();
    api.closeAllConnections();
    api.close();
    await once(api, 'close');
  });

  const open = async (more: Partial<StreamViewOptions> = {}) => {
    view = createStreamView({
      api: url,
      token: 't',
      sessionId: 's1',
      streamerId: 'streamer',
      transport: 'sse',
      onEvent: (name, { event_id }) => events.push(`${name} ${event_id}`),
      onError: ({ message }) => errors.push(message),
      ...more,
    });
    await until(async () => streams.length > 0 && view!.state.connection === 'connected');
  };
  const send = (index: number, id: string, version: number) => {
    const payload = { ...goal(version, version * 10), event_id: `p${version}`, session_id: 's1' };
    streams[index]!.response.write(
      `:\n\nid: ${id}\nevent: goal.progressed\ndata: ${JSON.stringify(payload)}\n\n`,
    );
  };

  it('shows what the stream says, with its token in the header', async () => {
    await open();
    send(0, 'one', 2);
    await until(async () => view!.state.goals.get('g1')?.version === 2);
    expect(events).toEqual(['goal.progressed p2']);
    expect(streams[0]!.authorization).toBe('Bearer t');
    expect(errors).toEqual([]);
  });

  it('resumes after a break with the last id, and passes each event on once', async () => {
    await open();
    send(0, 'one', 2);
    await until(async () => events.length === 1);
    streams[0]!.response.end();
    await until(async () => streams.length === 2);
    expect(streams.map(({ lastId }) => lastId)).toEqual([undefined, 'one']);
    send(1, 'one', 2);
    send(1, 'two', 3);
    await until(async () => events.length === 2);
    expect(events).toEqual(['goal.progressed p2', 'goal.progressed p3']);
    expect(view!.state.connection).toBe('connected');
  });

  it('fails for good if it is refused, and says that the own channel needs Pusher', async () => {
    refusal = 401;
    view = createStreamView({
      api: url,
      token: 't',
      sessionId: 's1',
      streamerId: 'streamer',
      transport: 'sse',
      onError: ({ message }) => errors.push(message),
    });
    await until(async () => view!.state.connection === 'failed');
    view.joinAs('viewer');
    expect(errors).toEqual([expect.any(String), "The viewer's own channel needs Pusher."]);
  });
});
