/** The sides of the comparison, each on the same mongod, Redis-compatible server and sink. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import mongoose from 'mongoose';
import { databaseOf, freePort, secret, startGoalpost } from '../stage.mjs';
import { startPeer } from './peer-runner.mjs';

/** How goalpost's collections and classes are called; the load generator's defaults are the peer's. */
const goalpostNames = {
  'goals-coll': 'goal',
  'sessions-coll': 'session',
  'feeds-coll': 'livestream_feed',
  'track-coll': 'analytics_of_creation',
  'owners-coll': 'goal_contribution',
  'funding-cls': 'ShowFundingGoal',
  'show-cls': 'ShowGoal',
  status: '202',
  levels: '[{"target":100,"title":"one"},{"target":250,"title":"two"},{"target":500,"title":"three"}]',
  'jwt-claims': '{"roles":["streamer"]}',
};

/** goalpost tracks and pushes more of a goal than the peer does, up to its end. What both do is counted. */
async function countAsPeer(database, sink) {
  const mongo = await mongoose.createConnection(database).asPromise();
  await mongo.createCollection('analytics_of_creation', {
    viewOn: 'analytics_event',
    pipeline: [{ $match: { event: 'goal.created' } }],
  });
  await mongo.close();
  const server = createServer((_, response) => {
    void fetch(`${sink.url}/__stats`)
      .then((stats) => stats.json())
      .then(({ bad_signature, events }) => {
        const total = (events['goal.added'] ?? 0) + (events['stream.authorized'] ?? 0);
        response.end(JSON.stringify({ total, bad_signature }));
      });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** goalpost: one api, one worker. */
export async function goalpostSide(servers, sink) {
  const goalpost = await startGoalpost(servers, sink.port);
  const mongo = databaseOf(servers.mongod, 'goalpost');
  const counter = await countAsPeer(mongo, sink);
  return {
    label: 'goalpost',
    pids: goalpost.pids,
    flags: {
      ...goalpostNames,
      base: goalpost.url,
      mongo,
      sink: `http://127.0.0.1:${counter.address().port}`,
      // goalpost would create again what is deleted of it.
      'no-cleanup': true,
      'jwt-secret': secret,
    },
    async stop() {
      counter.closeAllConnections();
      counter.close();
      await goalpost.stop();
    },
  };
}

/** The stack that goalpost replaces: two web workers and three task workers, as it starts itself. */
export async function peerSide(servers, sink) {
  const port = await freePort();
  const mongo = databaseOf(servers.mongod, 'peer');
  const env = {
    HTTP_PORT: String(port),
    MONGO_URI: mongo,
    REDIS_URL: `redis://127.0.0.1:${servers.redis.port}/0`,
    SINK_URL: sink.url,
    JWT_SECRET: secret,
  };
  const { home, down } = await startPeer(env);
  const pid = async (name) => Number(await readFile(join(home, 'data/pid', name), 'utf8'));
  return {
    label: 'peer',
    pids: { web: await pid('web'), worker: await pid('worker') },
    flags: { base: `http://127.0.0.1:${port}`, mongo, 'jwt-secret': secret },
    stop: down,
  };
}
