import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

const types = { txt: 16, srv: 33 };

/**
 * A DNS server that knows one `mongodb+srv://` name: the SRV record of its mongod, and the TXT record with its options.
 * test/srv-names.cjs has a process ask it.
 */
export class SrvNames {
  /** Names that were asked for. */
  readonly asked = new Set<string>();

  private constructor(private readonly socket: Socket) {}

  static async start(mongod: { name: string; host: string; port: number; options: string }) {
    const names = new SrvNames(createSocket('udp4'));
    const records = new Map([
      [`${types.srv} _mongodb._tcp.${mongod.name}`, srvRecord(mongod.port, mongod.host)],
      [`${types.txt} ${mongod.name}`, text(mongod.options)],
    ]);
    names.socket.on('message', (query, { port, address }) => {
      const { name, type, end } = readQuestion(query);
      names.asked.add(name);
      names.socket.send(answer(query.subarray(0, end), type, records.get(`${type} ${name}`)), port, address);
    });
    names.socket.bind(0, '127.0.0.1');
    await once(names.socket, 'listening');
    return names;
  }

  /** The variables that have a process of the tests ask here, and find any host below `test.example` on this machine. */
  get env(): NodeJS.ProcessEnv {
    const preload = new URL('srv-names.cjs', import.meta.url).pathname;
    return { NODE_OPTIONS: `--require ${preload}`, TEST_DNS: `127.0.0.1:${this.socket.address().port}` };
  }

  stop(): void {
    this.socket.close();
  }
}

const headerBytes = 12;

/** The one question of a query, and where it ends. */
function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = headerBytes;
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** The response with this record, or that the name has none of the type. */
function answer(question: Buffer, type: number, record: Buffer | undefined): Buffer {
  const head = Buffer.from(question);
  head.writeUInt16BE(0x84_00, 2);
  head.writeUInt16BE(record ? 1 : 0, 6);
  head.writeUInt32BE(0, 8);
  if (!record) return head;
  // The name is a pointer to the one of the question.
  const about = Buffer.alloc(12);
  about.writeUInt16BE(0xc0_00 + headerBytes, 0);
  about.writeUInt16BE(type, 2);
  about.writeUInt16BE(1, 4);
  about.writeUInt32BE(60, 6);
  about.writeUInt16BE(record.length, 10);
  return Buffer.concat([head, about, record]);
}

function text(value: string): Buffer {
  return Buffer.concat([Buffer.from([value.length]), Buffer.from(value, 'latin1')]);
}

function srvRecord(port: number, host: string): Buffer {
  const fixed = Buffer.alloc(6);
  fixed.writeUInt16BE(port, 4);
  return Buffer.concat([fixed, ...host.split('.').map(text), Buffer.from([0])]);
}
