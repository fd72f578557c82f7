import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import type { Redis } from 'ioredis';
import { Open } from '../auth/caller.js';
import { MongoProbe } from '../mongo/mongo-probe.js';
import { ApiProblems } from '../problem/api-problems.js';
import { unavailable } from '../problem/http-problems.js';
import { InjectRedis } from '../redis/redis.module.js';
import { RedisKeys } from '../redis/redis-keys.js';

class UpDto {
  @ApiProperty({ example: 'ok' }) status: string;
}

/** Liveness says that the process runs; readiness that its stores answer. */
@ApiTags('health')
@Open()
@Controller('health')
export class HealthController {
  constructor(
    private readonly mongo: MongoProbe,
    @InjectRedis() private readonly redis: Redis,
    private readonly keys: RedisKeys,
  ) {}

  @Get('live')
  @ApiOperation({ operationId: 'getLiveness', summary: 'Does the process run?' })
  @ApiOkResponse({ type: UpDto })
  @ApiProblems()
  live(): UpDto {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({ operationId: 'getReadiness', summary: 'Do MongoDB and Redis answer?' })
  @ApiOkResponse({ type: UpDto })
  @ApiProblems()
  async ready(): Promise<UpDto> {
    const [mongo, redis] = await Promise.allSettled([
      this.mongo.ping(),
      // Of a cluster every node answers to PING; this has to come from the one that holds the queues.
      this.redis.exists(this.keys.queues),
    ]);
    const down = [mongo.status === 'rejected' && 'MongoDB', redis.status === 'rejected' && 'Redis'].filter(
      Boolean,
    );
    if (down.length > 0)
      throw unavailable(`${down.join(' and ')} cannot be reached.`, {}, { 'retry-after': '1' });
    return { status: 'ok' };
  }
}
