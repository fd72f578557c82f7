import { Global, Injectable, Logger, Module } from '@nestjs/common';
import { InjectConnection, MongooseModule } from '@nestjs/mongoose';
import type { Connection, ConnectOptions } from 'mongoose';
import { AppConfig } from '../config/config.js';
import { Clock } from './clock.js';
import { IndexStep } from './index-step.js';
import { Transactions } from './transactions.js';
import { certificateFault } from '../problem/certificate-fault.js';
import { waitForStore } from '../problem/wait-for-store.js';
import { IncompatibleStoreError, withTimeout } from '../problem/outage.js';
import {
  type Hello,
  incompatibilityOf,
  mongoHosts,
  mongoIncompatibility,
  unreadableFile,
} from './mongo-compatibility.js';

/** How every process connects to MongoDB: by majority, 1.2 seconds to find a primary, indexes only by IndexStep. */
const mongoOptions: ConnectOptions = {
  autoIndex: false,
  autoCreate: false,
  serverSelectionTimeoutMS: 1200,
  // A mongod that hangs is detected within three seconds, and operations that wait for it fail.
  heartbeatFrequencyMS: 1000,
  connectTimeoutMS: 2000,
  // More than the requests that run at once: while a majority is slow, each of those holds one, and payments need some, too.
  maxPoolSize: 256,
  writeConcern: { w: 'majority' },
  // A primary that was cut off goes on for a while, and what only it has is lost: nobody may be answered with that.
  readConcern: { level: 'majority' },
};

const withinMs = 1_200;
/** What a mongod answers to a user or password that it does not know. */
const authenticationFailed = 18;

/** Connects a process to MongoDB, and then checks whether it answers, takes writes and is compatible. */
@Injectable()
export class MongoProbe {
  private readonly logger = new Logger('MongoDB');
  private readonly url: string;
  private readonly where: string;
  private readonly waitMs: number;
  private last?: Hello;

  constructor(
    @InjectConnection() private readonly connection: Connection,
    { mongo, waitForStoresMs }: AppConfig,
  ) {
    this.url = mongo.url;
    this.where = mongoHosts(mongo.url);
    this.waitMs = waitForStoresMs;
  }

  /** Waits for a MongoDB that cannot be reached. Throws an IncompatibleStoreError if it is incompatible. */
  waitForIt(signal: AbortSignal): Promise<void> {
    const { logger, waitMs } = this;
    const reach = (tries: number) => this.connect(tries);
    return waitForStore({ name: `MongoDB at ${this.where}`, withinMs: waitMs, logger, signal, reach });
  }

  /** Resolves once a primary has answered; throws if none does in time, an IncompatibleStoreError if it is incompatible. */
  async ping(): Promise<void> {
    // The driver's own timeoutMS has no effect here.
    const hello = await withTimeout(withinMs, this.hello(), 'MongoDB did not answer');
    refuse(mongoIncompatibility(this.where, hello));
    if (hello.isWritablePrimary !== true) throw new Error('MongoDB has no primary');
  }

  /** Whether a write waits for members other than the primary: in a set of several, and perhaps behind a mongos. */
  get hasFollowers(): boolean {
    return this.last !== undefined && this.last.hosts?.length !== 1;
  }

  private async connect(tries: number): Promise<void> {
    try {
      // The first attempt started when the connection was created.
      await (tries === 1 ? this.connection.asPromise() : this.connection.openUri(this.url, mongoOptions));
    } catch (error) {
      refuse(incompatibilityOf(this.where, error));
      if ((error as { code?: unknown }).code === authenticationFailed)
        refuse(`MongoDB at ${this.where} does not take the user and password of MONGO_URL: mend them.`);
      refuse(unreadableFile(this.where, error));
      throw certificateFault(`MongoDB at ${this.where}`, error) ?? error;
    }
    refuse(mongoIncompatibility(this.where, await this.hello(), await this.version()));
  }

  private async hello(): Promise<Hello> {
    if (!this.connection.db) throw new Error('not connected to MongoDB');
    try {
      this.last = (await this.connection.db.command({ hello: 1 })) as unknown as Hello;
      return this.last;
    } catch (error) {
      refuse(incompatibilityOf(this.where, error));
      throw error;
    }
  }

  /** Not every server with the protocol of MongoDB reports it. */
  private async version(): Promise<string | undefined> {
    const info = await this.connection.db?.command({ buildInfo: 1 }).catch(() => undefined);
    return info?.version as string | undefined;
  }
}

function refuse(problem: string | undefined): void {
  if (problem !== undefined) throw new IncompatibleStoreError(problem);
}

/** The connection to MongoDB. It is open before the first module is initialized, see StoresModule. */
@Global()
@Module({
  imports: [
    MongooseModule.forRootAsync({
      inject: [AppConfig],
      useFactory: ({ mongo }: AppConfig) => ({
        uri: mongo.url,
        ...mongoOptions,
        lazyConnection: true,
        // Without a listener the failure of the first attempt would end the process.
        connectionFactory: (connection: Connection) => connection.on('error', () => undefined),
      }),
    }),
  ],
  providers: [Clock, IndexStep, MongoProbe, Transactions],
  exports: [Clock, IndexStep, MongoProbe, Transactions],
})
export class MongoModule {}
