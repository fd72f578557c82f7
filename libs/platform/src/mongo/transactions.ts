import { Injectable } from '@nestjs/common';
import { InjectConnection } from '@nestjs/mongoose';
import type { ClientSession, Connection } from 'mongoose';

/** What a store needs to take part in a transaction. */
export type Transaction = ClientSession;

/** Runs work on several collections as one: all of it takes effect, or nothing does. */
@Injectable()
export class Transactions {
  constructor(@InjectConnection() private readonly connection: Connection) {}

  /** Runs the work, again from the start where another transaction got in its way; resolves once a majority has it. */
  async run<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    return this.connection.withSession((session) =>
      session.withTransaction(() => work(session), {
        readConcern: { level: 'snapshot' },
        writeConcern: { w: 'majority' },
      }),
    );
  }

  /** Runs reads that all see one moment, for as long as they take: a transaction would be bound by its lifetime. */
  async snapshot<Result>(read: (session: Transaction) => Promise<Result>): Promise<Result> {
    const session = await this.connection.startSession({ snapshot: true });
    try {
      return await read(session);
    } finally {
      await session.endSession();
    }
  }
}
