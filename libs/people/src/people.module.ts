import { AuditModule } from '#audit';
import { LeaderboardKeys } from '#goals';
import { RealtimeModule } from '#realtime';
import { SessionsModule } from '#sessions';
import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { PersonalDocuments } from './documents.store.js';
import { ERASURE_MODEL, erasureSchema } from './erasure.schema.js';
import { ErasureStore } from './erasure.store.js';
import { ErasureTask, Erasures } from './erasures.js';
import { PeopleController } from './people.controller.js';
import { RedisValues } from './redis-values.js';

/** What export and erasure of people's data need. */
@Module({
  imports: [
    AuditModule,
    RealtimeModule,
    SessionsModule,
    MongooseModule.forFeature([{ name: ERASURE_MODEL, schema: erasureSchema }]),
  ],
  providers: [PersonalDocuments, RedisValues, LeaderboardKeys, ErasureStore, Erasures],
  exports: [PersonalDocuments, Erasures],
})
class PeopleModule {}

/** The endpoints, for the api. */
@Module({ imports: [PeopleModule], controllers: [PeopleController] })
export class PeopleApiModule {}

/** Who does what was asked for, for the worker. */
@Module({ imports: [PeopleModule], providers: [ErasureTask] })
export class PeopleWorkerModule {}
