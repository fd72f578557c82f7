import { startPusherServer } from '#pusher-server';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { inherited } from './process.js';
import { realtimeCases } from './realtime-cases.js';
import { SockudoBinary, sockudoIsMissing } from './sockudo-server.js';
import { streamCases } from './stream-cases.js';

describe('the local Pusher-protocol server', () => {
  const app = { id: 'app-id', key: 'app-key', secret: 'app-secret' };

  const start = async (port?: number) => {
    const server = await startPusherServer({ port, app });
    return { host: '127.0.0.1', port: server.port, app, stop: () => server.stop() };
  };

  realtimeCases(start);

  describe('under goalpost', () => streamCases(start));
});

describe('the local Pusher-protocol server as a process', () => {
  const env = { PUSHER_APP_ID: 'app-id', PUSHER_KEY: 'app-key', PUSHER_SECRET: 'app-secret', PORT: '0' };
  const start = (variables: Record<string, string>) =>
    spawn(process.execPath, ['dist/apps/pusher/src/main.js'], { env: { ...inherited, ...variables } });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'says what it is for, serves, and ends well on %s',
    async (signal) => {
      const child = start(env);
      const exit = once(child, 'exit');
      const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
      expect(line).toContain('for development only');
      const url = /http:\S+/.exec(line)?.[0] ?? '';
      expect((await fetch(`${url}/health`)).status).toBe(200);
      child.kill(signal);
      expect(await exit).toEqual([0, null]);
    },
  );

  it.each([
    ['PUSHER_KEY, PUSHER_SECRET', { PUSHER_APP_ID: 'app-id' }],
    ['PORT', { ...env, PORT: 'many' }],
  ])('says in one sentence that %s is wanting', async (named, variables) => {
    const child = start(variables);
    const exit = once(child, 'exit');
    const said = await text(child.stderr);
    expect(said).toMatch(/^pusher: .+\n$/);
    expect(said).toContain(named);
    expect(await exit).toEqual([1, null]);
  });
});

const missing = await sockudoIsMissing();
if (missing) console.warn(`Skipped: no real Pusher-protocol server: ${missing}`);

(missing ? describe.skip : describe)('sockudo, a real Pusher-protocol server', () => {
  let binary: SockudoBinary;
  beforeAll(async () => {
    binary = await SockudoBinary.unpack();
  }, 60_000);
  afterAll(() => binary?.remove());

  realtimeCases((port) => binary.start(port), {
    refusesByErrorAlone: true,
    dropsUnknownKey: true,
    hidesClientEventSender: true,
    listsUserChannels: true,
    // It says goodbye with 4200 at once and ends a second later: pusher-js comes too early, and then waits 15 s.
    backWithinMs: 20_000,
  });

  describe('under goalpost', () => streamCases(() => binary.start()));
});
