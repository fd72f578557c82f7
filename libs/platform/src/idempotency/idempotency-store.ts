import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { InjectRedis } from '../redis/redis.module.js';
import { RedisKeys } from '../redis/redis-keys.js';

const keptSeconds = 24 * 3600;
const leaseMs = 15_000;

/** An answer that is given again: of a success or of a refusal. */
export interface KeptAnswer {
  status: number;
  location?: string;
  body: unknown;
}

interface KeptRequest {
  fingerprint: string;
  operation_id: string;
  lease_until: number;
  /** The try that holds the lease. */
  lease_by?: string;
  answer?: KeptAnswer;
}

/** What a request with a key may do: go on under an operation id, or be answered at once. */
export type Admission =
  | { outcome: 'begun' | 'resumed'; operationId: string }
  | { outcome: 'answered'; answer: KeptAnswer }
  | { outcome: 'running' }
  | { outcome: 'reused' };

/** Takes the key, or the operation of a request that died before it answered; ARGV: fingerprint, id of this try, which becomes the operation's where it is the first, lease, seconds. */
const beginScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local kept = redis.call('GET', KEYS[1])
local request = { fingerprint = ARGV[1], operation_id = ARGV[2] }
local outcome = 'begun'
if kept then
  request = cjson.decode(kept)
  if request.fingerprint ~= ARGV[1] then return { 'reused', '' } end
  if request.answer then return { 'answered', kept } end
  -- The connection may break behind this command, which is then sent once more: its own lease is no other try's.
  if request.lease_until > now and request.lease_by ~= ARGV[2] then return { 'running', '' } end
  outcome = 'resumed'
end
request.lease_until = now + ARGV[3]
request.lease_by = ARGV[2]
redis.call('SET', KEYS[1], cjson.encode(request), 'EX', ARGV[4])
return { outcome, request.operation_id }`;

/** Ends the lease where this try still holds it; ARGV: id of the try, seconds. */
const releaseScript = `
local kept = redis.call('GET', KEYS[1])
if not kept then return 0 end
local request = cjson.decode(kept)
if request.answer or request.lease_by ~= ARGV[1] then return 0 end
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
  ): Promise<[Admission['outcome'], string]>;
  releaseIdempotent(key: string, tryId: string, seconds: number): Promise<0 | 1>;
}

/** Keeps, for a day, what was answered to a request with an Idempotency-Key. */
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

  /** Begins a request; one that died without an answer is resumed under the same operation id. */
  async begin(user: string, key: string, fingerprint: string, tryId: string): Promise<Admission> {
    const redis = this.redis as unknown as Commands;
    const [outcome, value] = await redis.beginIdempotent(
      this.keyOf(user, key),
      fingerprint,
      tryId,
      leaseMs,
      keptSeconds,
    );
    if (outcome === 'begun' || outcome === 'resumed') return { outcome, operationId: value };
    if (outcome === 'answered') return { outcome, answer: (JSON.parse(value) as KeptRequest).answer! };
    return { outcome };
  }

  /** Keeps the answer for the next request with this key. */
  async finish(
    user: string,
    key: string,
    fingerprint: string,
    operationId: string,
    answer: KeptAnswer,
  ): Promise<void> {
    const request: KeptRequest = { fingerprint, operation_id: operationId, lease_until: 0, answer };
    await this.redis.set(this.keyOf(user, key), JSON.stringify(request), 'EX', keptSeconds);
  }

  /**
   * Lets the request be made again at once, under the same operation id. May follow a begin that was given up: where that
   * one comes through late, this comes right behind it.
   */
  async release(user: string, key: string, tryId: string): Promise<void> {
    await (this.redis as unknown as Commands).releaseIdempotent(this.keyOf(user, key), tryId, keptSeconds);
  }

  /** Frees the key: the request was never understood, and a mended one may use it. */
  async forget(user: string, key: string): Promise<void> {
    await this.redis.del(this.keyOf(user, key));
  }

  private keyOf(user: string, key: string): string {
    // A user id may hold the separator; encoded, no user can come upon the key of another.
    return this.keys.of('idempotency', Buffer.from(user).toString('base64url'), key);
  }
}
