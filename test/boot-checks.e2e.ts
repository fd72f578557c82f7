import { type Server, startMongod, startRedis, startStandaloneMongod } from '#local-stack';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server as TcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootInVain, expectOneLine } from './boot-in-vain.js';
import { until } from './client.js';
import { LoggingProcess } from './logging-process.js';
import { freePort, TestProcess } from './process.js';
import { useService } from './service.js';

const apps = ['api', 'worker'] as const;

/** A server that speaks as a Redis of some version does, as far as a boot needs it. */
async function startFakeRedis(
  version: string,
  onPort = 0,
  exists = ':0',
): Promise<{ server: TcpServer; port: number }> {
  const info = `# Server\r\nredis_version:${version}\r\nredis_mode:standalone\r\n`;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      for (const [, name] of chunk.toString().matchAll(/\*\d+\r\n\$\d+\r\n(\w+)\r\n/g)) {
        const command = name!.toLowerCase();
        if (command === 'info') socket.write(`$${info.length}\r\n${info}\r\n`);
        else if (command === 'exists') socket.write(`${exists}\r\n`);
        else socket.write('+OK\r\n');
      }
    });
  });
  server.listen(onPort, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

describe('a process whose stores do not fit', () => {
  const service = useService({}, { apps: [] });
  let dataDir: string;
  let standalone: Server;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'goalpost-boot-'));
    standalone = await startStandaloneMongod({ dataDir });
  }, 60_000);
  afterAll(async () => {
    await standalone?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  describe.each(apps)('the %s', (app) => {
    it.each(['', '?directConnection=true', '?replicaSet=rs0'])(
      'ends with one line where MongoDB is a standalone mongod, named by …/goalpost%s',
      async (query) => {
        const url = `${standalone.url}${query}`;
        const ended = await bootInVain(app, { MONGO_URL: url, REDIS_URL: service.config.redis.url });
        const host = `127.0.0.1:${standalone.port}`;
        expectOneLine(ended, 'MongoDB', host, 'replica set', '--replSet', 'rs.initiate()');
      },
    );

    it('ends with one line where Redis is older than 7, and repeats no password', async () => {
      const { server, port } = await startFakeRedis('6.2.14');
      try {
        const REDIS_URL = `redis://:hunter22@127.0.0.1:${port}`;
        const ended = await bootInVain(app, { MONGO_URL: service.config.mongo.url, REDIS_URL });
        expectOneLine(ended, 'Redis', `127.0.0.1:${port}`, '6.2.14', '7');
        expect(ended.lines.join('\n')).not.toContain('hunter22');
      } finally {
        server.close();
      }
    });
  });

  it('an operation ends with one line, too', async () => {
    const stores = { MONGO_URL: standalone.url, REDIS_URL: service.config.redis.url };
    const { code, lines } = await bootInVain('cli', stores, 'dead');
    expect({ code, count: lines.length }).toEqual({ code: 1, count: 1 });
    expect(lines[0]).toMatch(/^goalpost: MongoDB at .* is a standalone mongod/);
  });

  it('waits for a Redis that comes only later, and ends if it is too old', async () => {
    const port = await freePort();
    const env = { REDIS_URL: `redis://:hunter22@127.0.0.1:${port}`, LOG_LEVEL: 'info' };
    const api = await LoggingProcess.start('api', service, env);
    await api.says(`Redis at 127.0.0.1:${port} is out of reach: connect ECONNREFUSED`);
    const { server } = await startFakeRedis('6.2.14', port);
    try {
      expect(await api.exit).toBe(1);
      expect(api.timesSaid('is out of reach')).toBe(1);
      expect(api.log).toContain(`goalpost-api: Redis at 127.0.0.1:${port} is 6.2.14`);
      expect(api.log).not.toContain('hunter22');
    } finally {
      server.close();
    }
  });

  it('ends where Redis does not take its password', async () => {
    const { server, port } = await startFakeRedis('7.4.0', 0, '-NOAUTH Authentication required.');
    try {
      const REDIS_URL = `redis://:hunter22@127.0.0.1:${port}`;
      const ended = await bootInVain('worker', { MONGO_URL: service.config.mongo.url, REDIS_URL });
      expectOneLine(ended, 'does not take the user and password of REDIS_URL');
      expect(ended.lines.join()).not.toContain('hunter22');
    } finally {
      server.close();
    }
  });

  it('ends where its port is taken', async () => {
    const { port } = standalone;
    const { mongo, redis } = service.config;
    const stores = { MONGO_URL: mongo.url, REDIS_URL: redis.url, REDIS_PREFIX: redis.prefix };
    const ended = await bootInVain('api', { ...stores, LOG_LEVEL: 'silent', PORT: String(port) });
    expectOneLine(ended, `port ${port} of 127.0.0.1 is taken; set PORT`);
  });

  it('an operation ends soon where a store is out of reach, and needs no JWT_SECRET', async () => {
    const port = await freePort();
    const stores = { MONGO_URL: service.config.mongo.url, REDIS_URL: `redis://127.0.0.1:${port}` };
    const ended = await bootInVain('cli', { ...stores, JWT_SECRET: '', MESSAGING_URL: '' }, 'dead');
    expectOneLine(ended, `Redis at 127.0.0.1:${port} is out of reach: connect ECONNREFUSED`);
  });

  it('warns of a Redis that keeps nothing on disk, and goes on', async () => {
    const redis = await startRedis({ dataDir, settings: { appendonly: 'no' } });
    const env = { REDIS_URL: redis.url, LOG_LEVEL: 'info' };
    const api = await LoggingProcess.start('api', service, env);
    try {
      await api.says('ready on', 'appendonly yes');
      expect(api.timesSaid('appendonly yes')).toBe(1);
      expect(api.log).toContain(`127.0.0.1:${redis.port}`);
    } finally {
      await api.stop();
      await redis.stop();
    }
  });

  it('waits for a MongoDB that comes only later', async () => {
    const port = await freePort();
    const own = join(dataDir, 'late');
    const MONGO_URL = `mongodb://127.0.0.1:${port}/goalpost?replicaSet=rs0`;
    const worker = await LoggingProcess.start('worker', service, { MONGO_URL, LOG_LEVEL: 'info' });
    let mongod: Server | undefined;
    try {
      await worker.says(`MongoDB at 127.0.0.1:${port} is out of reach: connect ECONNREFUSED`);
      mongod = await startMongod({ dataDir: own, port });
      await worker.says('ready on');
      expect(worker.timesSaid('is out of reach')).toBe(1);
    } finally {
      await worker.stop();
      await mongod?.stop();
    }
  }, 60_000);

  it('is not ready either where mongod comes back as a standalone', async () => {
    const own = join(dataDir, 'own');
    let mongod = await startMongod({ dataDir: own });
    const { port } = mongod;
    const MONGO_URL = `mongodb://127.0.0.1:${port}/goalpost?directConnection=true`;
    const api = await TestProcess.start('api', service, { MONGO_URL, LOG_LEVEL: 'error' });
    const ready = async () => (await fetch(`${api.url}/health/ready`)).status;
    try {
      await mongod.stop();
      mongod = await startStandaloneMongod({ dataDir: own, port });
      const words = async () => api.lines.join('\n').includes('standalone');
      await until(async () => (await ready()) === 503 && words());
      expect(await ready()).toBe(503);

      await mongod.stop();
      mongod = await startMongod({ dataDir: own, port });
      await until(async () => (await ready()) === 200);
    } finally {
      await api.end('SIGTERM');
      await mongod.stop();
    }
  }, 60_000);
});
