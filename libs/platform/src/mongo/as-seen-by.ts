import type { Transaction } from './transactions.js';

/** What a query of Mongoose takes. */
interface Read {
  session(transaction: Transaction): this;
  readConcern(level: 'majority'): this;
}

/** Reads as a transaction sees it, or without one as a majority has it: nothing of it is taken back by an election. */
export function asSeenBy<Query extends Read>(transaction: Transaction | undefined, query: Query): Query {
  return transaction ? query.session(transaction) : query.readConcern('majority');
}
