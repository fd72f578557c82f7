import { Injectable } from '@nestjs/common';
import { InjectConnection } from '@nestjs/mongoose';
import type { ClientSession, Connection } from 'mongoose';

/** What a store needs to take part in a transaction. */
export type Transaction = ClientSession;

/** Longer than this a caller should not wait; what it asked for has not happened then, and may be asked for again. */
const timeoutMS = 2_000;

/** Runs work on several collections as one: all of it takes effect, or nothing does. */
@Injectable()
export class Transactions {
  constructor(@InjectConnection() private readonly connection: Connection) {}

  /** Runs the work, again from the start where another transaction got in its way; resolves once a majority has it. */
  async run<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    return this.connection.withSession((session) =>
      session.withTransaction(() => work(session), {
        timeoutMS,
        readConcern: { level: 'snapshot' },
        writeConcern: { w: 'majority' },
      }),
    );
  }
}
