import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { ContributionStore } from './contribution.store.js';
import { GOAL_CONTRIBUTION_MODEL, goalContributionSchema } from './goal-contribution.schema.js';

/** Who gave how much to which goal. */
@Module({
  imports: [MongooseModule.forFeature([{ name: GOAL_CONTRIBUTION_MODEL, schema: goalContributionSchema }])],
  providers: [ContributionStore],
  exports: [ContributionStore],
})
export class ContributionsModule {}
