import { connect, type MsgHdrs } from '@nats-io/transport-node';
import { Redis } from 'ioredis';

/** What passed a broker: bytes as text, and headers where there are any. */
export interface RawMessage {
  subject: string;
  text: string;
  headers: Record<string, string>;
}

/** Hears all that passes a broker, as no Nest application does. */
export interface RawTraffic {
  readonly messages: RawMessage[];
  stop(): Promise<void>;
}

/** Listens to a Redis that no other test uses. */
export async function listenToRedis(port: number): Promise<RawTraffic> {
  const redis = new Redis(port, '127.0.0.1');
  const messages: RawMessage[] = [];
  redis.on('pmessage', (_, subject: string, text: string) => messages.push({ subject, text, headers: {} }));
  await redis.psubscribe('*');
  return { messages, stop: async () => redis.disconnect() };
}

/** Who listens to all subjects takes the questions for JetStream, too, which then seems to be there. */
const subjects = ['goal.*', 'access.*', 'goals.*', '_INBOX.>'];

/** Listens to a NATS server. */
export async function listenToNats(port: number): Promise<RawTraffic> {
  const nats = await connect({ servers: `127.0.0.1:${port}` });
  const messages: RawMessage[] = [];
  const take = (subject: string, text: string, headers: MsgHdrs | undefined) => {
    const names = headers?.keys() ?? [];
    messages.push({
      subject,
      text,
      headers: Object.fromEntries(names.map((name) => [name, headers!.get(name)])),
    });
  };
  for (const subject of subjects)
    nats.subscribe(subject, {
      callback: (error, message) => void (error ?? take(message.subject, message.string(), message.headers)),
    });
  await nats.flush();
  return { messages, stop: () => nats.close() };
}
