import { Broker } from './broker.js';

/** Tells nobody: messages are off, or come over a transport that knows no more than one listener. */
export class SilentBroker extends Broker {
  override readonly isSilent = true;

  protected publish(): Promise<void> {
    return Promise.resolve();
  }
}
