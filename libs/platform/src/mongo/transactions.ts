import { Injectable } from '@nestjs/common';
import { InjectConnection } from '@nestjs/mongoose';
import { type ClientSession, type Connection, mongo } from 'mongoose';

/** The session that a store needs to take part in a transaction. */
export type Transaction = ClientSession;

/** Runs work on several collections atomically. */
@Injectable()
export class Transactions {
  constructor(@InjectConnection() private readonly connection: Connection) {}

  /** Runs the work, again from the start after a conflict; resolves once a majority has it. */
  async run<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    return this.connection.withSession((session) =>
      session.withTransaction(() => work(session), {
        readConcern: { level: 'snapshot' },
        writeConcern: { w: 'majority' },
      }),
    );
  }

  /**
   * Runs reads that all see the same moment, however long they take: a transaction has a limited lifetime. Each read needs read
   * concern `snapshot`, since the connection has another one.
   */
  async snapshot<Result>(read: (session: Transaction) => Promise<Result>): Promise<Result> {
    const session = await this.connection.startSession({ snapshot: true });
    try {
      return await read(session);
    } finally {
      await session.endSession();
    }
  }
}

/** The server's error code for a document that another transaction has written. */
const writeConflict = 112;

/** Whether a write was refused because another one of the same document has come between. */
export function isWriteConflict(error: unknown): boolean {
  return error instanceof mongo.MongoServerError && error.code === writeConflict;
}
