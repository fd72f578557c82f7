/** A store was given another primary. */
export interface Failover {
  /** When the fault began. */
  from: number;
  /** When another primary took writes. */
  electedAt: number;
  /** When the fault was over and all members were there again. */
  to: number;
}
