/** Asks goalpost for a goal over NATS, and prints the events of it, one JSON a line. The frames are in docs/wire.md. */
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';

const { MESSAGING_URL, TOKEN, SESSION_ID } = process.env;
const nats = await connect({ servers: new URL(MESSAGING_URL).host });

/** Sends a request; resolves with the answer, and rejects with the problem object of a refusal. */
async function ask(pattern, message) {
  const data = { ...message, authorization: `Bearer ${TOKEN}` };
  const packet = JSON.stringify({ id: randomUUID(), pattern, data });
  const { err, response } = (await nats.request(pattern, packet, { timeout: 10_000 })).json();
  if (err) throw err;
  return response;
}

const { goal_id } = await ask('goals.create', {
  goal_type: 'karaoke',
  levels: [{ title: 'first song', target: 600 }],
  context: { session_id: SESSION_ID },
  idempotency_key: randomUUID(),
});

// A durable consumer of the stream goes on where it was, also after it was away.
const manager = await jetstreamManager(nats);
await manager.consumers.add('goalpost_events', {
  durable_name: 'node_example',
  ack_policy: AckPolicy.Explicit,
  filter_subject: 'goal.*',
});
const consumer = await jetstream(nats).consumers.get('goalpost_events', 'node_example');
const wanted = new Set(['goal.created', 'goal.added']);
for await (const message of await consumer.consume()) {
  const event = message.json().data;
  message.ack();
  if (event.data.goal_id === goal_id && wanted.delete(event.type)) console.log(JSON.stringify(event));
  if (wanted.size === 0) break;
}

await ask('goals.get', { goal_id: '0'.repeat(24) }).catch((problem) => console.log(JSON.stringify(problem)));
await nats.close();
