import { assertKnown, failedJobsKeptSeconds, InjectRedis, RedisKeys, type StoredEvent } from '#platform';
import type { GoalProgressed } from '#contracts';
import { Injectable } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { GoalProgressedEvent } from './goal-progressed.event.js';

/** What was sent is kept for as long as it may be added again; what waits, for as long as a failed delivery of it. */
const sentSeconds = 3600;

/** How long a sender is believed to be at work that does not come back: longer than all calls to Pusher for one goal take. */
const leaseMs = 30_000;

/**
 * One hash a goal. `event:{version}` waits to be sent; `added` is the version that was added last; `plain` is that of a
 * waiting event that reaches no level, which the next event replaces; `sender` and `until` say who sends, and how long that
 * is believed.
 */
const scripts = {
  /** ARGV: version, event, 1 if it reaches a level, seconds to keep. */
  addPublished: `
local key, version = KEYS[1], ARGV[1]
local added, plain = unpack(redis.call('HMGET', key, 'added', 'plain'))
if tonumber(added or -1) >= tonumber(version) then return end
if plain and plain ~= '' then redis.call('HDEL', key, 'event:' .. plain) end
redis.call('HSET', key, 'added', version, 'event:' .. version, ARGV[2], 'plain', ARGV[3] ~= '1' and version or '')
redis.call('EXPIRE', key, ARGV[4])`,

  /** ARGV: sender, lease, seconds to keep what is sent, versions that it has sent. */
  takePublished: `
local key, sender = KEYS[1], ARGV[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local sent, other, leased, events = {}, nil, 0, {}
for i = 4, #ARGV do sent['event:' .. ARGV[i]] = true end
local all = redis.call('HGETALL', key)
for i = 1, #all, 2 do
  local field, value = all[i], all[i + 1]
  if field == 'sender' then other = value
  elseif field == 'until' then leased = tonumber(value)
  elseif string.find(field, '^event:') and not sent[field] then table.insert(events, value) end
end
local gone = {}
for field in pairs(sent) do table.insert(gone, field) end
if other and other ~= sender and leased > now then
  if #gone > 0 then redis.call('HDEL', key, unpack(gone)) end
  return {}
end
if #events > 0 then
  if #gone > 0 then redis.call('HDEL', key, unpack(gone)) end
  redis.call('HSET', key, 'sender', sender, 'until', now + ARGV[2])
else
  redis.call('HDEL', key, 'sender', 'until', unpack(gone))
  redis.call('EXPIRE', key, ARGV[3])
end
return events`,

  /** ARGV: sender. Lets another one send. */
  leavePublished: `
if redis.call('HGET', KEYS[1], 'sender') == ARGV[1] then redis.call('HDEL', KEYS[1], 'sender', 'until') end`,
};

interface Commands {
  addPublished(key: string, version: number, event: string, reaches: 0 | 1, seconds: number): Promise<void>;
  takePublished(
    key: string,
    sender: string,
    leaseMs: number,
    seconds: number,
    ...sent: number[]
  ): Promise<string[]>;
  leavePublished(key: string, sender: string): Promise<void>;
}

/**
 * Progress that is published and that screens have not got yet, so that one delivery at a time sends it, in the order in
 * which it happened: a delivery that finds another one at work leaves its event to that one. Holds at most one event a level
 * and the newest that reaches none.
 */
@Injectable()
export class PublishedProgress {
  private readonly commands: Commands;

  constructor(
    @InjectRedis() redis: Redis,
    private readonly keys: RedisKeys,
  ) {
    for (const [name, lua] of Object.entries(scripts)) redis.defineCommand(name, { numberOfKeys: 1, lua });
    this.commands = redis as unknown as Commands;
  }

  /** Adds an event before it is delivered; events of a goal have to be added one after the other. May be repeated. */
  async add(event: GoalProgressedEvent): Promise<void> {
    const { version } = event.data.goal;
    const reaches = event.data.levels_reached.length > 0 ? 1 : 0;
    const stored = JSON.stringify(event.toStored());
    await this.commands.addPublished(this.keyOf(event), version, stored, reaches, failedJobsKeptSeconds);
  }

  /**
   * Has all sent that waits, this event's delivery being the sender, until nothing waits any more; does nothing if another
   * delivery is at it. Where sending fails all of it waits for the next delivery.
   */
  async drain(
    event: GoalProgressedEvent,
    send: (events: GoalProgressedEvent[]) => Promise<void>,
  ): Promise<void> {
    const key = this.keyOf(event);
    let sent: number[] = [];
    for (;;) {
      // A delivery that is repeated after its process died continues as the same sender.
      const stored = await this.commands.takePublished(key, event.id, leaseMs, sentSeconds, ...sent);
      if (stored.length === 0) return;
      let events: GoalProgressedEvent[];
      try {
        events = stored.map(revived).toSorted((one, other) => versionOf(one) - versionOf(other));
        await send(events);
      } catch (error) {
        await this.commands.leavePublished(key, event.id);
        throw error;
      }
      sent = events.map(versionOf);
    }
  }

  private keyOf(event: GoalProgressedEvent): string {
    return this.keys.of('published', event.subject);
  }
}

const versionOf = ({ data }: GoalProgressedEvent): number => data.goal.version;

function revived(json: string): GoalProgressedEvent {
  const { v, data, occurred_at } = JSON.parse(json) as StoredEvent<GoalProgressed>;
  const event = new GoalProgressedEvent(data, new Date(occurred_at));
  assertKnown(event, v);
  return event;
}
