/** Asks goalpost for a goal over Redis, and prints the events of it, one JSON a line. The frames are in docs/wire.md. */
import { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { EventEmitter, on } from 'node:events';

const { MESSAGING_URL, TOKEN, SESSION_ID } = process.env;
const publisher = new Redis(MESSAGING_URL);
const subscriber = new Redis(MESSAGING_URL);

/** Requests that wait for their answer, by their ids. */
const waiting = new Map();
const bus = new EventEmitter();
/** What arrives from now on. */
const events = on(bus, 'event');

subscriber.on('pmessage', (_, channel, text) => {
  const packet = JSON.parse(text);
  if (channel.endsWith('.reply')) waiting.get(packet.id)?.(packet);
  else bus.emit('event', packet.data);
});
await subscriber.psubscribe('goals.*.reply', 'goal.*', 'access.*');

/** Sends a request; resolves with the answer, and rejects with the problem object of a refusal. */
async function ask(pattern, message) {
  const id = randomUUID();
  const { promise, resolve } = Promise.withResolvers();
  waiting.set(id, resolve);
  const data = { ...message, authorization: `Bearer ${TOKEN}` };
  await publisher.publish(pattern, JSON.stringify({ id, pattern, data }));
  const timeout = setTimeout(() => resolve({ err: { code: 'no answer' } }), 10_000);
  const { err, response } = await promise;
  clearTimeout(timeout);
  waiting.delete(id);
  if (err) throw err;
  return response;
}

const { goal_id } = await ask('goals.create', {
  goal_type: 'karaoke',
  levels: [{ title: 'first song', target: 600 }],
  context: { session_id: SESSION_ID },
  // Asked again under the same key, for example after a timeout, it is the same goal.
  idempotency_key: randomUUID(),
});
const wanted = new Set(['goal.created', 'goal.added']);
for await (const [event] of events) {
  // An event may arrive more than once.
  if (event.data.goal_id === goal_id && wanted.delete(event.type)) console.log(JSON.stringify(event));
  if (wanted.size === 0) break;
}

await ask('goals.get', { goal_id: '0'.repeat(24) }).catch((problem) => console.log(JSON.stringify(problem)));
publisher.disconnect();
subscriber.disconnect();
