import { ServerTCP } from '@nestjs/microservices';
import { type Respond, UnansweredRequests } from './unanswered.js';

/** Nest's TCP transport, with one difference: it answers what it has taken before it closes its connections. */
export class TcpServer extends ServerTCP {
  private readonly unanswered = new UnansweredRequests();

  override handleMessage(...message: Parameters<ServerTCP['handleMessage']>): Promise<unknown> {
    return this.unanswered.during(super.handleMessage(...message));
  }

  override send(...[responses, respond]: Parameters<ServerTCP['send']>): ReturnType<ServerTCP['send']> {
    return super.send(responses, this.unanswered.until(respond as Respond) as typeof respond);
  }

  /** Its type says nothing of that, but Nest waits for a promise. */
  override close(): unknown {
    this.unwrap<{ close(): void }>().close();
    return this.unanswered.answered().then(() => super.close());
  }
}
