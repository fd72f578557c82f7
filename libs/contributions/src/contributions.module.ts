import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { ContributionStore } from './contribution.store.js';
import { CONTRIBUTION_MODEL, contributionSchema } from './contribution.schema.js';

/** The store of contributions. */
@Module({
  imports: [MongooseModule.forFeature([{ name: CONTRIBUTION_MODEL, schema: contributionSchema }])],
  providers: [ContributionStore],
  exports: [ContributionStore],
})
export class ContributionsModule {}
