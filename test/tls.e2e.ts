import { type RedisCluster, type Server, startMongod, startRedisCluster } from '#local-stack';
import { connect } from '@nats-io/transport-node';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import mongoose from 'mongoose';
import { bootInVain, expectOneLine } from './boot-in-vain.js';
import { TestAuthority, type TestCertificate, TlsFront } from './certificates.js';
import { Client, timedBody, until } from './client.js';
import { LoggingProcess } from './logging-process.js';
import { natsIsMissing, TestNats } from './nats-server.js';
import { TestProcess } from './process.js';
import { TestService } from './service.js';
import { SrvNames } from './srv-names.js';

const srvName = 'goals.test.example';
const mongodName = `db.${srvName}`;

/** Every server speaks TLS by certificates of an authority that only NODE_EXTRA_CA_CERTS of goalpost names. */
describe('over TLS by a private authority', () => {
  let dir: string;
  let authority: TestAuthority;
  let ofHost: TestCertificate;
  let mongod: Server;
  let service: TestService;
  let redis: TlsFront;
  let pusher: TlsFront;
  const stops: (() => unknown)[] = [];
  const beforeStop = (stop: () => unknown) => stops.unshift(stop);

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'goalpost-tls-'));
    beforeStop(() => rm(dir, { recursive: true, force: true }));
    authority = await TestAuthority.create(dir);
    ofHost = await authority.certify(['localhost']);
    const ofMongod = await authority.certify(['127.0.0.1', mongodName]);
    const settings = { tlsMode: 'preferTLS', tlsCertificateKeyFile: ofMongod.files.both };
    mongod = await startMongod({ dataDir: dir, settings });
    beforeStop(() => mongod.stop());
    await refusePlain(mongod.url);
    const MONGO_URL = `${mongod.url}&tls=true&tlsCAFile=${encodeURIComponent(authority.file)}`;
    service = await TestService.start({ MONGO_URL }, { apps: [], sink: true });
    beforeStop(() => service.stop());
    redis = await TlsFront.start(ofHost, Number(new URL(service.config.redis.url).port));
    pusher = await TlsFront.start(ofHost, Number(service.sink.env.PUSHER_PORT));
    beforeStop(() => [redis, pusher].map((front) => front.stop()));
  }, 60_000);
  afterAll(async () => {
    for (const stop of stops) await stop();
  }, 60_000);

  /** The variables of a process that trusts the authority, and sends its events to the sink. */
  const trusting = () => ({
    MONGO_URL: `${mongod.url}&tls=true`,
    REDIS_URL: `rediss://localhost:${redis.port}`,
    ...service.sink.env,
    PUSHER_HOST: 'localhost',
    PUSHER_PORT: String(pusher.port),
    PUSHER_USE_TLS: 'true',
    NODE_EXTRA_CA_CERTS: authority.file,
  });

  /** Creates a goal with an api and a worker of these variables, and waits for its push. */
  async function createGoal(env: NodeJS.ProcessEnv): Promise<void> {
    const [api, worker] = await Promise.all([
      TestProcess.start('api', service, env),
      TestProcess.start('worker', service, env),
    ]);
    const streamer = new Client(api.url);
    const sessionId = await streamer.openSession();
    const goalId = await streamer.createGoal('karaoke', timedBody(sessionId));
    await until(async () =>
      service.sink.accepted.some(({ name, data }) => name === 'goal.added' && data.goal_id === goalId),
    );
    expect((await streamer.session(sessionId)).karaoke_goal).toBe(goalId);
    await Promise.all([api, worker].map((one) => one.end('SIGTERM')));
  }

  (natsIsMissing() ? it.skip : it)(
    'a goal goes from its request to its push and its event',
    async () => {
      // Named by its address: the library for NATS would compare that with localhost.
      const { files } = await authority.certify(['127.0.0.1', 'nats.test.example']);
      const nats = await TestNats.start({ flags: ['--tls', '--tlscert', files.cert, '--tlskey', files.key] });
      const listener = await connect({
        servers: `127.0.0.1:${nats.port}`,
        tls: { ca: await readFile(authority.file, 'utf8'), checkServerIdentity: () => undefined } as object,
      });
      try {
        const events: string[] = [];
        listener.subscribe('goal.*', { callback: (_, { subject }) => void events.push(subject) });
        await listener.flush();
        await createGoal({ ...trusting(), MESSAGING_URL: `tls://127.0.0.1:${nats.port}` });
        await until(async () => events.includes('goal.added'));
      } finally {
        await listener.close();
        await nats.stop();
      }
      expect(redis.connections).toBeGreaterThan(5);
      expect(pusher.connections).toBeGreaterThan(0);
    },
    60_000,
  );

  it('a goal also goes through a cluster whose nodes are known by name, and MongoDB by mongodb+srv', async () => {
    const cluster = await startRedisCluster({ dataDir: join(dir, 'cluster') });
    const fronts: TlsFront[] = [];
    const names = await SrvNames.start({
      name: srvName,
      host: mongodName,
      port: mongod.port,
      options: 'replicaSet=rs0',
    });
    try {
      await announceByName(cluster, ofHost, fronts);
      await createGoal({
        ...trusting(),
        ...names.env,
        MONGO_URL: `mongodb+srv://${srvName}/cluster`,
        REDIS_URL: `rediss+cluster://${fronts.map(({ port }) => `localhost:${port}`).join(',')}`,
        MESSAGING_URL: '',
      });
      expect(names.asked).toContain(`_mongodb._tcp.${srvName}`);
      for (const { connections } of fronts) expect(connections).toBeGreaterThan(0);
    } finally {
      for (const front of fronts) front.stop();
      names.stop();
      await cluster.stop();
    }
  }, 60_000);

  it('a boot ends with one line for each certificate that is not accepted', async () => {
    const expired = await TlsFront.start(await authority.certify(['localhost'], -1), redis.port);
    try {
      const known = trusting();
      const unknown = { NODE_EXTRA_CA_CERTS: '' };
      const untrusted = ['certificate', 'not accepted', 'NODE_EXTRA_CA_CERTS'];
      const MONGO_URL = `${mongod.url}&tls=true`;
      const REDIS_URL = service.config.redis.url;
      const boots: [Parameters<typeof bootInVain>[0], NodeJS.ProcessEnv, string[]][] = [
        [
          'worker',
          { ...unknown, MONGO_URL, REDIS_URL },
          [`MongoDB at 127.0.0.1:${mongod.port}`, ...untrusted],
        ],
        ['cli', { ...known, ...unknown, MONGO_URL: required() }, ['Redis at localhost', ...untrusted]],
        [
          'cli',
          { ...unknown, MONGO_URL: required(), REDIS_URL: `rediss+cluster://localhost:${redis.port}` },
          ['Redis at localhost', ...untrusted],
        ],
        [
          'cli',
          { ...known, REDIS_URL: `rediss://127.0.0.1:${redis.port}` },
          ['Redis at 127.0.0.1', 'connect by a name'],
        ],
        ['cli', { ...known, REDIS_URL: `rediss://localhost:${expired.port}` }, ['has expired', 'renew it']],
        [
          'cli',
          { ...known, MONGO_URL: `${MONGO_URL}&tlsCAFile=/none.pem`, REDIS_URL },
          ['MONGO_URL', '/none.pem', 'ENOENT'],
        ],
      ];
      const ends = await Promise.all(
        boots.map(([app, env]) => bootInVain(app, env, ...(app === 'cli' ? ['dead'] : []))),
      );
      for (const [index, [, , words]] of boots.entries()) expectOneLine(ends[index]!, ...words);
    } finally {
      expired.stop();
    }
  }, 60_000);

  (natsIsMissing() ? it.skip : it)(
    'NATS without TLS, or with a certificate that is not accepted, gets nothing, and the log says why',
    async () => {
      const plain = await TestNats.start();
      const { cert, key } = ofHost.files;
      const secured = await TestNats.start({ flags: ['--tls', '--tlscert', cert, '--tlskey', key] });
      const stores = { MONGO_URL: required(), REDIS_URL: service.config.redis.url };
      const workers = await Promise.all(
        [plain, secured].map(({ port }) =>
          LoggingProcess.start('worker', service, { ...stores, MESSAGING_URL: `tls://localhost:${port}` }),
        ),
      );
      try {
        await Promise.all([
          workers[0]!.says("NATS is out of reach: server does not support 'tls'"),
          workers[1]!.says('NATS is out of reach: unable to verify the first certificate'),
        ]);
      } finally {
        await Promise.all(workers.map((worker) => worker.stop()));
        await Promise.all([plain, secured].map((nats) => nats.stop()));
      }
    },
    60_000,
  );

  /** The mongod of all tests, which speaks no TLS. */
  const required = () => process.env.TEST_MONGO_URL!;
});

/** From here on this mongod takes no connection without TLS. */
async function refusePlain(url: string): Promise<void> {
  const admin = await mongoose.createConnection(url).asPromise();
  await admin.db!.admin().command({ setParameter: 1, tlsMode: 'requireTLS' });
  await admin.close();
}

/** Puts TLS before each node, and has the nodes name these fronts as their addresses. */
async function announceByName(
  { nodes }: RedisCluster,
  certificate: TestCertificate,
  fronts: TlsFront[],
): Promise<void> {
  for (const { port } of nodes) {
    const front = await TlsFront.start(certificate, port);
    fronts.push(front);
    const node = new Redis(port, '127.0.0.1');
    await node.config('SET', 'cluster-announce-hostname', 'localhost');
    await node.config('SET', 'cluster-preferred-endpoint-type', 'hostname');
    await node.config('SET', 'cluster-announce-port', front.port);
    node.disconnect();
  }
}
