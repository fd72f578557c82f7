import { setTimeout } from 'node:timers/promises';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { InjectConnection } from '@nestjs/mongoose';
import type { Connection } from 'mongoose';
import { AppConfig } from '../config/config.js';
import { StoreMisfitError } from '../health/store-misfit.error.js';
import { within } from '../patience/within.js';
import { type Hello, misfitOfSelection, mongoHosts, mongoMisfit } from './mongo-misfit.js';
import { mongoOptions } from './mongo-options.js';

const withinMs = 1_200;
const connectTries = 60;
const connectEveryMs = 1_000;

/** Connects a process to MongoDB, and tells afterwards whether that answers, takes writes and fits. */
@Injectable()
export class MongoProbe implements OnModuleInit {
  private readonly logger = new Logger('MongoDB');
  private readonly url: string;
  private readonly where: string;
  private last?: Hello;

  constructor(
    @InjectConnection() private readonly connection: Connection,
    { mongo }: AppConfig,
  ) {
    this.url = mongo.url;
    this.where = mongoHosts(mongo.url);
  }

  /** Waits for a MongoDB that cannot be reached, a minute or two. Throws a StoreMisfitError where it does not fit. */
  async onModuleInit(): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await this.connect(tries);
        if (tries > 1) this.logger.log('MongoDB is there');
        return;
      } catch (error) {
        if (error instanceof StoreMisfitError || tries === connectTries) throw error;
        if (tries === 1) this.logger.error(`MongoDB is out of reach: ${(error as Error).message}`);
        await setTimeout(connectEveryMs);
      }
    }
  }

  /** Resolves once a primary has answered; throws where none does in time, and a StoreMisfitError where it does not fit. */
  async ping(): Promise<void> {
    // The driver's own bound, timeoutMS, has no effect any more.
    const hello = await within(withinMs, this.hello(), 'MongoDB did not answer');
    refuse(mongoMisfit(this.where, hello));
    if (hello.isWritablePrimary !== true) throw new Error('MongoDB has no primary');
  }

  /** Whether a write waits for other members than the primary: in a set of several, and perhaps behind a mongos. */
  get hasFollowers(): boolean {
    return this.last !== undefined && this.last.hosts?.length !== 1;
  }

  private async connect(tries: number): Promise<void> {
    try {
      // The first try is under way since the connection was made.
      await (tries === 1 ? this.connection.asPromise() : this.connection.openUri(this.url, mongoOptions));
    } catch (error) {
      refuse(misfitOfSelection(this.where, error));
      throw error;
    }
    refuse(mongoMisfit(this.where, await this.hello(), await this.version()));
  }

  private async hello(): Promise<Hello> {
    if (!this.connection.db) throw new Error('not connected to MongoDB');
    try {
      this.last = (await this.connection.db.command({ hello: 1 })) as unknown as Hello;
      return this.last;
    } catch (error) {
      refuse(misfitOfSelection(this.where, error));
      throw error;
    }
  }

  /** Not every server that speaks the protocol of MongoDB tells it. */
  private async version(): Promise<string | undefined> {
    const info = await this.connection.db?.command({ buildInfo: 1 }).catch(() => undefined);
    return info?.version as string | undefined;
  }
}

function refuse(misfit: string | undefined): void {
  if (misfit !== undefined) throw new StoreMisfitError(misfit);
}
