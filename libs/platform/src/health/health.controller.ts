import { Controller, Get, Injectable, Logger } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { Open } from '../http/incoming.js';
import { Shutdown } from '../http/shutdown.js';
import { ApiProblems } from '../problem/api-problems.js';
import { headersTooLarge, unavailable } from '../problem/problem.js';
import { MongoProbe } from '../mongo/mongo.module.js';
import { RedisProbe } from '../redis/redis.module.js';
import { IncompatibleStoreError } from '../problem/outage.js';

/** How long a result is reused. */
const holdsMs = 1_000;

/** Checks whether the stores answer and are compatible, at most once a second however often it is asked; and whether it stops. */
@Injectable()
export class Readiness {
  private readonly logger = new Logger(Readiness.name);
  private last?: { at: number; faults: Promise<string[]>; isRunning: boolean };
  private logged?: string;

  constructor(
    private readonly mongo: MongoProbe,
    private readonly redis: RedisProbe,
    private readonly shutdown: Shutdown,
  ) {}

  /** Whether a write to MongoDB waits for members other than the primary. */
  get hasFollowers(): boolean {
    return this.mongo.hasFollowers;
  }

  /** What is wrong, one sentence each; empty if the process can work and goes on. Never throws. */
  faults(): Promise<string[]> {
    if (this.shutdown.signal.aborted) return Promise.resolve(['The process is stopping.']);
    const now = performance.now();
    if (this.last && (this.last.isRunning || now - this.last.at < holdsMs)) return this.last.faults;
    const look = { at: now, faults: this.look(), isRunning: true };
    void look.faults.finally(() => (look.isRunning = false));
    this.last = look;
    return look.faults;
  }

  private async look(): Promise<string[]> {
    const [mongo, redis] = await Promise.allSettled([this.mongo.ping(), this.redis.ping()]);
    this.logIncompatible([mongo, redis]);
    return [faultOf('MongoDB', mongo), faultOf('Redis', redis)].filter((fault) => fault !== undefined);
  }

  /** Anyone may ask, so the response does not say where the store is; the log does, once. */
  private logIncompatible(looks: PromiseSettledResult<void>[]): void {
    const incompatible = looks
      .map((look) => (look.status === 'rejected' ? (look.reason as unknown) : undefined))
      .filter((reason) => reason instanceof IncompatibleStoreError);
    const message = incompatible.map((error) => error.message).join(' ');
    if (message && message !== this.logged) this.logger.error(message);
    this.logged = message;
  }
}

function faultOf(store: string, look: PromiseSettledResult<void>): string | undefined {
  if (look.status === 'fulfilled') return undefined;
  return look.reason instanceof IncompatibleStoreError
    ? `${store} is not what goalpost needs; the log says why.`
    : `${store} cannot be reached.`;
}

class UpDto {
  @ApiProperty({ example: 'ok' }) status: string;
}

/** Liveness: the process runs. Readiness: its stores answer, and it is not about to stop. */
@ApiTags('health')
@Open()
@Controller('health')
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  @Get('live')
  @ApiOperation({
    operationId: 'getLiveness',
    summary: 'Does the process run?',
    description: 'Asks no store. Restart a process that does not answer.',
  })
  @ApiOkResponse({ type: UpDto })
  @ApiProblems(headersTooLarge)
  live(): UpDto {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({
    operationId: 'getReadiness',
    summary: 'Do MongoDB and Redis answer?',
    description:
      'Red while a store is away or not suitable, and from the moment the process is told to stop. Send requests to a process that is ready.',
  })
  @ApiOkResponse({ type: UpDto })
  @ApiProblems(headersTooLarge)
  async ready(): Promise<UpDto> {
    const faults = await this.readiness.faults();
    if (faults.length > 0) throw unavailable(faults.join(' '), {}, { 'retry-after': '1' });
    return { status: 'ok' };
  }
}
