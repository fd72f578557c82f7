/**
 * Measures reads: how many answers a second an api gives to 64 clients that read a goal, a session's list of goals, and that list when nothing
 * has changed (304), as all viewers of a stream do after an outage of Pusher. BASE names another checkout, built, that is measured
 * in turn; ROUNDS and SECONDS change the rest.
 */
import { Connection } from '../overload/connection.mjs';
import { createShow, fund } from './measures.mjs';
import { clientOf, sign, startGoalpost, startServers, startSink, until } from './stage.mjs';

const rounds = Number(process.env.ROUNDS ?? 3);
const seconds = Number(process.env.SECONDS ?? 4);
const clients = 64;

async function startSide(servers, name, root) {
  const sink = await startSink();
  const goalpost = await startGoalpost(servers, sink.port, { name, root, env: { RATE_LIMIT: 'off' } });
  const api = clientOf(goalpost.url);
  const funded = await fund({ api });
  const { goal_id } = await createShow({ api }, funded);
  await until(async () => (await api('viewer', [], 'GET', `/goals/${goal_id}`)).status === 'active');
  const list = `/sessions/${funded.session_id}/goals`;
  await until(async () => (await api('viewer', [], 'GET', list)).items.length === 2);
  // What is published in the background changes nothing any more.
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const token = await sign('viewer', []);
  const head = await fetch(goalpost.url + list, { headers: { authorization: `Bearer ${token}` } });
  const request = (path, more = '') =>
    Buffer.from(`GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n${more}\r\n`);
  return {
    name,
    port: Number(new URL(goalpost.url).port),
    cases: {
      'a goal': { bytes: request(`/goals/${goal_id}`), status: 200 },
      'the goals of a session': { bytes: request(list), status: 200 },
      'the same, unchanged (304)': {
        bytes: request(list, `if-none-match: ${head.headers.get('etag')}\r\n`),
        status: 304,
      },
    },
    async stop() {
      await goalpost.stop();
      sink.close();
    },
  };
}

/** Answers a second; fails at the first with another status. */
async function rate({ port, cases }, name) {
  const { bytes, status: right } = cases[name];
  const begin = performance.now();
  const end = begin + seconds * 1000;
  let answers = 0;
  await Promise.all(
    Array.from({ length: clients }, async () => {
      let answered;
      const connection = await Connection.open(port, (status, _ms, body) =>
        answered(status === right ? undefined : new Error(`${status} ${body}`)),
      );
      while (performance.now() < end) {
        const answer = new Promise((resolve) => (answered = resolve));
        connection.send(bytes);
        const fault = await answer;
        if (fault) throw fault;
        answers += 1;
      }
      connection.close();
    }),
  );
  return (answers / (performance.now() - begin)) * 1000;
}

const servers = await startServers();
const sides = [];
try {
  if (process.env.BASE) sides.push(await startSide(servers, 'base', process.env.BASE));
  sides.push(await startSide(servers, 'this', '.'));
  const names = Object.keys(sides[0].cases);
  for (const side of sides) for (const name of names) await rate(side, name);
  console.log(`| answers a second, ${rounds} rounds in turn | of | min | median | max |`);
  console.log('| --- | --- | --- | --- | --- |');
  for (const name of names) {
    const found = sides.map(() => []);
    for (let round = 0; round < rounds; round++)
      for (const [index, side] of sides.entries()) found[index].push(await rate(side, name));
    for (const [index, side] of sides.entries()) {
      const sorted = found[index].map(Math.round).toSorted((a, b) => a - b);
      console.log(
        '|',
        [name, side.name, sorted[0], sorted[Math.floor(rounds / 2)], sorted.at(-1)].join(' | '),
        '|',
      );
    }
  }
} finally {
  for (const side of sides) await side.stop();
  await servers.stop();
}
