import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { InjectRedis, RedisKeys } from '../redis/redis.module.js';

const cachedSeconds = 24 * 3600;
const leaseMs = 15_000;

/** A response that is replayed: a success or a problem. */
export interface CachedResponse {
  status: number;
  location?: string;
  body: unknown;
}

interface StoredRequest {
  fingerprint: string;
  operation_id: string;
  lease_until: number;
  /** The attempt that holds the lease. */
  lease_by?: string;
  response?: CachedResponse;
}

/** What to do with a request with a key: run it under an operation id, or respond at once. */
export type BeginResult =
  | { outcome: 'begun' | 'resumed'; operationId: string }
  | { outcome: 'answered'; response: CachedResponse }
  | { outcome: 'running' }
  | { outcome: 'reused' };

/** Takes the key, or the operation of a request that died before its response; ARGV: fingerprint, id of this attempt (the operation id if it is the first), lease, seconds. */
const beginScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local kept = redis.call('GET', KEYS[1])
local request = { fingerprint = ARGV[1], operation_id = ARGV[2] }
local outcome = 'begun'
if kept then
  request = cjson.decode(kept)
  if request.fingerprint ~= ARGV[1] then return { 'reused', '' } end
  if request.response then return { 'answered', kept } end
  -- If the connection breaks after this command, it is sent again and must accept its own lease.
  if request.lease_until > now and request.lease_by ~= ARGV[2] then return { 'running', '' } end
  outcome = 'resumed'
end
request.lease_until = now + ARGV[3]
request.lease_by = ARGV[2]
redis.call('SET', KEYS[1], cjson.encode(request), 'EX', ARGV[4])
return { outcome, request.operation_id }`;

/** Ends the lease if this attempt still holds it; ARGV: id of the attempt, seconds. */
const releaseScript = `
local kept = redis.call('GET', KEYS[1])
if not kept then return 0 end
local request = cjson.decode(kept)
if request.response or request.lease_by ~= ARGV[1] then return 0 end
request.lease_until = 0
redis.call('SET', KEYS[1], cjson.encode(request), 'EX', ARGV[2])
return 1`;

interface Commands {
  beginIdempotent(
    key: string,
    fingerprint: string,
    operationId: string,
    lease: number,
    seconds: number,
  ): Promise<[BeginResult['outcome'], string]>;
  releaseIdempotent(key: string, attemptId: string, seconds: number): Promise<0 | 1>;
}

/** Caches responses to requests with an Idempotency-Key for a day. */
@Injectable()
export class IdempotencyStore implements OnModuleInit {
  constructor(
    @InjectRedis() private readonly redis: Redis,
    private readonly keys: RedisKeys,
  ) {}

  onModuleInit(): void {
    this.redis.defineCommand('beginIdempotent', { numberOfKeys: 1, lua: beginScript });
    this.redis.defineCommand('releaseIdempotent', { numberOfKeys: 1, lua: releaseScript });
  }

  /** Begins a request; one that died without a response is resumed under the same operation id. */
  async begin(user: string, key: string, fingerprint: string, attemptId: string): Promise<BeginResult> {
    const redis = this.redis as unknown as Commands;
    const [outcome, value] = await redis.beginIdempotent(
      this.keyOf(user, key),
      fingerprint,
      attemptId,
      leaseMs,
      cachedSeconds,
    );
    if (outcome === 'begun' || outcome === 'resumed') return { outcome, operationId: value };
    if (outcome === 'answered') return { outcome, response: (JSON.parse(value) as StoredRequest).response! };
    return { outcome };
  }

  /** Caches the response for the next request with this key. */
  async finish(
    user: string,
    key: string,
    fingerprint: string,
    operationId: string,
    response: CachedResponse,
  ): Promise<void> {
    const request: StoredRequest = { fingerprint, operation_id: operationId, lease_until: 0, response };
    await this.redis.set(this.keyOf(user, key), JSON.stringify(request), 'EX', cachedSeconds);
  }

  /**
   * Allows an immediate retry under the same operation id. May follow a begin that timed out: if that one still takes effect,
   * this one does right after it.
   */
  async release(user: string, key: string, attemptId: string): Promise<void> {
    await (this.redis as unknown as Commands).releaseIdempotent(
      this.keyOf(user, key),
      attemptId,
      cachedSeconds,
    );
  }

  /** Frees the key: the request was malformed, and a corrected one may use it. */
  async forget(user: string, key: string): Promise<void> {
    await this.redis.del(this.keyOf(user, key));
  }

  private keyOf(user: string, key: string): string {
    // A user id may contain the separator; encoded, it cannot collide with the key of another user.
    return this.keys.of('idempotency', Buffer.from(user).toString('base64url'), key);
  }
}
