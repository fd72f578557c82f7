import type { Outages } from '../stage/outages.js';
import type { Stage } from '../stage/stage.js';

/** What a fault works with. */
export interface FaultTools {
  stage: Stage;
  outages: Outages;
  /** Picks the duration for the form of the suite that runs: long or short. */
  ms: (long: number, short: number) => number;
}

/** One kind of fault. */
export interface Fault {
  name: string;
  /** How often it is injected in the long form; the short one injects it once. */
  times: number;
  /** Prepares what the fault needs, before any request. */
  before?(tools: FaultTools): Promise<void>;
  /** Makes the fault; it is over once this resolves. */
  inject(tools: FaultTools): Promise<void>;
  after?(tools: FaultTools): Promise<void>;
}
