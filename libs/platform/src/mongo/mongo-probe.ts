import { setTimeout } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { InjectConnection } from '@nestjs/mongoose';
import type { Connection } from 'mongoose';

const withinMs = 1_200;

/** Tells whether MongoDB answers, and takes writes. */
@Injectable()
export class MongoProbe {
  constructor(@InjectConnection() private readonly connection: Connection) {}

  /** Resolves once a primary has answered; throws where none does within 1.5 s. */
  async ping(): Promise<void> {
    const timer = new AbortController();
    // The driver's own bound, timeoutMS, has no effect any more.
    const late = setTimeout(withinMs, undefined, { signal: timer.signal }).then(() => {
      throw new Error(`MongoDB did not answer within ${withinMs} ms`);
    });
    try {
      await Promise.race([this.hello(), late]);
    } finally {
      timer.abort();
      late.catch(() => undefined);
    }
  }

  private async hello(): Promise<void> {
    if (!this.connection.db) throw new Error('not connected to MongoDB');
    const { isWritablePrimary } = await this.connection.db.command({ hello: 1 });
    if (isWritablePrimary !== true) throw new Error('MongoDB has no primary');
  }
}
