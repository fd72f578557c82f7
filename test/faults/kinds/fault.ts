import type { Failover } from '../stage/failovers.js';
import type { Outages } from '../stage/outages.js';
import type { SingleStage } from '../stage/single-stage.js';
import type { Stage } from '../stage/stage.js';

/** What a fault works with. */
export interface FaultTools<On extends Stage = SingleStage> {
  stage: On;
  outages: Outages;
  /** Where a fault notes that a store has another primary. */
  failovers: Failover[];
  /** Picks the duration for the form of the suite that runs: long or short. */
  ms: (long: number, short: number) => number;
}

/** One kind of fault. */
export interface Fault<On extends Stage = SingleStage> {
  name: string;
  /** How often it is injected in the long form; the short one injects it once. */
  times: number;
  /** Prepares what the fault needs, before any request. */
  before?(tools: FaultTools<On>): Promise<void>;
  /** Makes the fault; it is over once this resolves. */
  inject(tools: FaultTools<On>): Promise<void>;
  after?(tools: FaultTools<On>): Promise<void>;
}
