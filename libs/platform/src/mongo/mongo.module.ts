import { Global, Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import type { Connection } from 'mongoose';
import { AppConfig } from '../config/config.js';
import { Clock } from './clock.js';
import { IndexStep } from './index-step.js';
import { mongoOptions } from './mongo-options.js';
import { MongoProbe } from './mongo-probe.js';
import { Transactions } from './transactions.js';

/** The connection to MongoDB. It is there once all modules are initialized: the probe waits for it. */
@Global()
@Module({
  imports: [
    MongooseModule.forRootAsync({
      inject: [AppConfig],
      useFactory: ({ mongo }: AppConfig) => ({
        uri: mongo.url,
        ...mongoOptions,
        lazyConnection: true,
        // Who listens takes over what the first try comes to: else its failure would end the process.
        connectionFactory: (connection: Connection) => connection.on('error', () => undefined),
      }),
    }),
  ],
  providers: [Clock, IndexStep, MongoProbe, Transactions],
  exports: [Clock, IndexStep, MongoProbe, Transactions],
})
export class MongoModule {}
