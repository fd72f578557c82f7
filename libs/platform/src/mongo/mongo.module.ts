import { Global, Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { AppConfig } from '../config/config.js';
import { IndexStep } from './index-step.js';
import { MongoProbe } from './mongo-probe.js';
import { Transactions } from './transactions.js';

/** The connection to MongoDB: majority writes, 1.5 seconds to find a primary, indexes only by their own step. */
@Global()
@Module({
  imports: [
    MongooseModule.forRootAsync({
      inject: [AppConfig],
      useFactory: (config: AppConfig) => ({
        uri: config.mongo.url,
        autoIndex: false,
        autoCreate: false,
        serverSelectionTimeoutMS: 1200,
        // A mongod that hangs is found out within three seconds, and what waits for it is called off.
        heartbeatFrequencyMS: 1000,
        connectTimeoutMS: 2000,
        maxPoolSize: 64,
        writeConcern: { w: 'majority' as const },
        retryAttempts: 60,
        retryDelay: 1000,
      }),
    }),
  ],
  providers: [IndexStep, MongoProbe, Transactions],
  exports: [IndexStep, MongoProbe, Transactions],
})
export class MongoModule {}
