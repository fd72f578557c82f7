import { type Goal, goalPatterns } from '#contracts';
import { type ClientProxy, ClientProxyFactory, Transport } from '@nestjs/microservices';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastValueFrom, timeout } from 'rxjs';
import { type Client, fundingBody, tokenFor, until } from './client.js';
import { LoggingProcess } from './logging-process.js';
import { natsIsMissing, TestNats } from './nats-server.js';
import { freePort } from './process.js';
import { TestService } from './service.js';

const clientOf = (servers: string, credentials: object = {}) =>
  ClientProxyFactory.create({ transport: Transport.NATS, options: { servers, ...credentials } });

(natsIsMissing() ? describe.skip : describe)('an api and its NATS server', () => {
  let service: TestService;
  let streamer: Client;
  let proxy: ClientProxy | undefined;

  const start = async (address: string) => {
    service = await TestService.start({ MESSAGING_URL: address });
    streamer = service.client();
  };
  afterEach(async () => {
    await proxy?.close();
    proxy = undefined;
    await service?.stop();
  });

  /** Asks by message for a goal that HTTP has made; nobody may be there yet to take it. */
  const isAnswered = async (goalId: string): Promise<boolean> => {
    const authorization = `Bearer ${await tokenFor(streamer.userId, ['streamer'])}`;
    const answer = proxy!.send<Goal>(goalPatterns.get, { authorization, goal_id: goalId });
    return lastValueFrom(answer.pipe(timeout(500))).then(
      ({ goal_id }) => goal_id === goalId,
      () => false,
    );
  };
  const isReady = async () => (await streamer.get('/health/ready')).status === 200;

  it('find each other when it comes later, and again after it was away', async () => {
    const port = await freePort();
    const address = `127.0.0.1:${port}`;
    await start(`nats://${address}`);
    expect(await isReady()).toBe(true);
    const goalId = await streamer.createGoal('show_funding', fundingBody(await streamer.openSession()));

    const server = await TestNats.start({ port });
    try {
      proxy = clientOf(address);
      await proxy.connect();
      await until(() => isAnswered(goalId));
      await server.kill();
      expect(await isReady()).toBe(true);
      await server.startAgain();
      await until(() => isAnswered(goalId), 20_000);
    } finally {
      await server.stop();
    }
  });

  it('lose no message when one of two apis stops', async () => {
    const server = await TestNats.start();
    try {
      await start(server.url);
      await service.takesMessages();
      await service.startApi();
      await service.takesMessages();
      streamer = service.client();
      const goalId = await streamer.createGoal('show_funding', fundingBody(await streamer.openSession()));
      proxy = clientOf(`127.0.0.1:${server.port}`);
      await proxy.connect();
      const authorization = `Bearer ${await tokenFor(streamer.userId, ['streamer'])}`;
      const message = { authorization, goal_id: goalId };
      const ask = () => lastValueFrom(proxy!.send<Goal>(goalPatterns.get, message).pipe(timeout(10_000)));
      await ask();
      const answers = Array.from({ length: 100 }, ask);
      await new Promise(setImmediate);
      await service.stopApi();
      const ids = (await Promise.all(answers)).map(({ goal_id }) => goal_id);
      expect(new Set(ids)).toEqual(new Set([goalId]));
    } finally {
      await server.stop();
    }
  });

  it.each([
    {
      by: 'user and password',
      inAddress: 'goalpost:s%40crAment@',
      flags: ['--user', 'goalpost', '--pass', 's@crAment'],
      credentials: { user: 'goalpost', pass: 's@crAment' },
    },
    {
      by: 'a token',
      inAddress: 's%40crAment@',
      flags: ['--auth', 's@crAment'],
      credentials: { token: 's@crAment' },
    },
  ])('know each other by $by', async ({ inAddress, flags, credentials }) => {
    const server = await TestNats.start({ flags });
    try {
      const address = server.url.replace('nats://', '');
      await start(`nats://${inAddress}${address}`);
      const goalId = await streamer.createGoal('show_funding', fundingBody(await streamer.openSession()));
      proxy = clientOf(address, credentials);
      await proxy.connect();
      await until(() => isAnswered(goalId));
    } finally {
      await server.stop();
    }
  });

  it('alone read requests, under the permissions of docs/security.md', async () => {
    const [permissions] = /^authorization: \{[^`]*/m.exec(await readFile('docs/security.md', 'utf8')) ?? [];
    const folder = await mkdtemp(join(tmpdir(), 'goalpost-nats-config-'));
    const config = join(folder, 'nats.conf');
    await writeFile(config, permissions!.replaceAll('<password>', 'sacrAment'));
    const server = await TestNats.start({ flags: ['--config', config] });
    const others: NatsConnection[] = [];
    try {
      const address = server.url.replace('nats://', '');
      await start(`nats://goalpost:sacrAment@${address}`);
      await service.takesMessages();
      const heard: string[] = [];
      for (const user of ['caller', 'listener']) {
        const other = await connect({ servers: address, user, pass: 'sacrAment' });
        others.push(other);
        for (const subject of ['goals.create', 'goals.>', '>', 'goal.*'])
          other.subscribe(subject, {
            callback: (error, message) => void heard.push(`${user} ${error ? 'refused' : message.subject}`),
          });
        await other.flush();
      }
      proxy = clientOf(address, { user: 'caller', pass: 'sacrAment' });
      await proxy.connect();
      const goalId = await streamer.createGoal('show_funding', fundingBody(await streamer.openSession()));
      await until(() => isAnswered(goalId));
      await until(async () => heard.includes('listener goal.added'));
      const refused = ['caller', 'caller', 'caller', 'caller', 'listener', 'listener', 'listener'];
      expect(heard.filter((line) => !line.startsWith('listener goal.')).toSorted()).toEqual(
        refused.map((user) => `${user} refused`),
      );
    } finally {
      for (const other of others) await other.close();
      await server.stop();
      await rm(folder, { recursive: true });
    }
  });

  it('keep a password that is refused out of the log', async () => {
    const server = await TestNats.start({ flags: ['--user', 'goalpost', '--pass', 'another'] });
    service = await TestService.start({}, { apps: [] });
    const address = server.url.replace('nats://', 'nats://goalpost:sacrAment@');
    const api = await LoggingProcess.start('api', service, { MESSAGING_URL: address });
    try {
      await api.says('NATS is out of reach', 'ready on');
      expect(api.log).not.toContain('sacrAment');
      expect(api.timesSaid('out of reach')).toBe(1);
    } finally {
      expect(await api.stop()).toBe(0);
      await server.stop();
    }
  });
});
