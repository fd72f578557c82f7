import { once } from 'node:events';
import { connect } from 'node:net';

/** One connection that sends prepared bytes and waits for the answer, with as little work as that takes. */
export class Connection {
  #port;
  #socket;
  #received = '';
  #sentAt = 0;
  #answered;
  isIdle = true;

  /** `answered` is called with each status, milliseconds and body; status 0 where the connection broke. */
  constructor(port, answered) {
    this.#port = port;
    this.#answered = answered;
    this.#open();
  }

  send(bytes) {
    this.isIdle = false;
    this.#sentAt = performance.now();
    this.#socket.write(bytes);
  }

  close() {
    this.#socket.removeAllListeners('close').destroy();
  }

  /** A connection that is established: so many at once would overrun the queue of those that are not. */
  static async open(port, answered) {
    const connection = new Connection(port, answered);
    await once(connection.#socket, 'connect');
    return connection;
  }

  #open() {
    this.#received = '';
    this.#socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (text) => this.#take(text));
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => {
      if (!this.isIdle) this.#answer(0, '');
      this.#open();
    });
  }

  #take(text) {
    this.#received += text;
    const end = this.#received.indexOf('\r\n\r\n');
    if (end < 0) return;
    if (this.isIdle) throw new Error(`an answer that nobody asked for: ${this.#received}`);
    const head = this.#received.slice(0, end);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    const body = this.#received.slice(end + 4);
    if (body.length < length) return;
    this.#received = '';
    this.#answer(Number(head.slice(9, 12)), body);
  }

  #answer(status, body) {
    this.isIdle = true;
    this.#answered(status, performance.now() - this.#sentAt, body);
  }
}
