import { Injectable, Logger } from '@nestjs/common';
import { InjectConnection } from '@nestjs/mongoose';
import type { Connection } from 'mongoose';

/** Makes the indexes that the schemas declare, as a step of its own and never by surprise on a large collection. */
@Injectable()
export class IndexStep {
  private readonly logger = new Logger(IndexStep.name);

  constructor(@InjectConnection() private readonly connection: Connection) {}

  /** Makes every declared index that is not there yet. Harmless to repeat. */
  async createAll(): Promise<void> {
    for (const model of Object.values(this.connection.models)) {
      await model.createCollection();
      await model.createIndexes();
    }
  }

  /** Makes the indexes where that costs nothing, on empty collections, and names those that filled ones lack. */
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
