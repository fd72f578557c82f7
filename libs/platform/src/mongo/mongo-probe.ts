import { Injectable } from '@nestjs/common';
import { InjectConnection } from '@nestjs/mongoose';
import type { Connection } from 'mongoose';

/** Tells whether MongoDB answers. */
@Injectable()
export class MongoProbe {
  constructor(@InjectConnection() private readonly connection: Connection) {}

  /** Resolves once MongoDB has answered; throws where it does not within 1.5 s. */
  async ping(): Promise<void> {
    if (!this.connection.db) throw new Error('not connected to MongoDB');
    await this.connection.db.command({ ping: 1 }, { timeoutMS: 1500 });
  }
}
