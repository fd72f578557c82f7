import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A connection on which a test writes whatever it likes. */
export class RawConnection {
  private received = '';

  private constructor(private readonly socket: Socket) {
    socket.on('data', (chunk) => (this.received += chunk.toString('latin1')));
    socket.on('error', () => undefined);
  }

  static async open(baseUrl: string): Promise<RawConnection> {
    const { hostname, port } = new URL(baseUrl);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  write(bytes: string | Buffer): this {
    this.socket.write(bytes);
    return this;
  }

  /** All that came, once the other side has closed. */
  async closed(): Promise<RawAnswer> {
    if (!this.socket.closed) await once(this.socket, 'close');
    const [head = '', body = ''] = this.received.split('\r\n\r\n');
    return { status: Number(head.split(' ')[1]), head, body };
  }

  drop(): void {
    this.socket.destroy();
  }
}

/** An answer as it went over the wire. */
export interface RawAnswer {
  status: number;
  head: string;
  body: string;
}

/** A request of these bytes on a connection of its own. */
export async function sendRaw(baseUrl: string, ...parts: (string | Buffer)[]): Promise<RawAnswer> {
  const connection = await RawConnection.open(baseUrl);
  for (const part of parts) connection.write(part);
  return connection.closed();
}
