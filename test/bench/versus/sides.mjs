/** The sides of the comparison, each on the same mongod, Redis-compatible server and sink. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { databaseOf, freePort, secret, startGoalpost } from '../stage.mjs';
import { startPeer } from './peer-runner.mjs';

/** How goalpost's collections and classes are called; the load generator's defaults are the peer's. */
const goalpostNames = {
  'goals-coll': 'goal',
  'sessions-coll': 'session',
  'feeds-coll': 'livestream_feed',
  'track-coll': 'analytics_event',
  'owners-coll': 'goal_contribution',
  'funding-cls': 'ShowFundingGoal',
  'show-cls': 'ShowGoal',
  status: '202',
  levels: '[{"target":100,"title":"one"},{"target":250,"title":"two"},{"target":500,"title":"three"}]',
  'jwt-claims': '{"roles":["streamer"]}',
};

/** goalpost: one api, one worker. */
export async function goalpostSide(servers, sink) {
  const goalpost = await startGoalpost(servers, sink.port);
  return {
    label: 'goalpost',
    pids: goalpost.pids,
    flags: {
      ...goalpostNames,
      base: goalpost.url,
      mongo: databaseOf(servers.mongod, 'goalpost'),
      'jwt-secret': secret,
    },
    stop: () => goalpost.stop(),
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
