import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { ACCESS_RULE_MODEL, accessRuleSchema } from './access-rule.schema.js';
import { AccessRuleStore } from './access-rule.store.js';
import { ContributionStore } from './contribution.store.js';
import { CONTRIBUTION_MODEL, contributionSchema } from './contribution.schema.js';
import { SettlementStore } from './settlement.store.js';
import { ShowViewers } from './show-viewers.js';
import { TicketStore } from './ticket.store.js';

const stores = [ContributionStore, SettlementStore, TicketStore, AccessRuleStore, ShowViewers];

/** The stores of contributions, and of who may watch a show by them or by a decision. */
@Module({
  imports: [
    MongooseModule.forFeature([
      { name: CONTRIBUTION_MODEL, schema: contributionSchema },
      { name: ACCESS_RULE_MODEL, schema: accessRuleSchema },
    ]),
  ],
  providers: stores,
  exports: stores,
})
export class ContributionsModule {}
