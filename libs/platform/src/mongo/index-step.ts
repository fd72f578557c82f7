import { Injectable, Logger } from '@nestjs/common';
import { InjectConnection } from '@nestjs/mongoose';
import type { Connection } from 'mongoose';

/** Creates the indexes that the schemas declare, as a separate step and never unasked on a large collection. */
@Injectable()
export class IndexStep {
  private readonly logger = new Logger(IndexStep.name);

  constructor(@InjectConnection() private readonly connection: Connection) {}

  /** Creates every declared index that is missing. Safe to repeat. */
  async createAll(): Promise<void> {
    for (const model of Object.values(this.connection.models)) {
      await model.createCollection();
      await model.createIndexes();
    }
  }

  /** Creates the indexes of empty collections, which costs nothing, and logs which ones other collections lack. */
  async createOnEmpty(): Promise<void> {
    for (const model of Object.values(this.connection.models)) {
      const isEmpty = (await model.estimatedDocumentCount()) === 0;
      if (isEmpty) {
        await model.createCollection();
        await model.createIndexes();
        continue;
      }
      const { toCreate } = await model.diffIndexes();
      if (toCreate.length > 0)
        this.logger.warn(
          `Collection ${model.collection.name} lacks ${toCreate.length} indexes; run: npm run goalpost -- indexes`,
        );
    }
  }
}
