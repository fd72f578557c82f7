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

  /**
   * ARGV: version, event, 1 if it reaches a level, sender, lease, seconds to keep, the same if others wait. Adds the event and
   * returns what the sender has to send.
   */
  offerPublished: `
local key, version, sender, events, all = KEYS[1], ARGV[1], ARGV[4], {}, {}
local flat = redis.call('HGETALL', key)
for i = 1, #flat, 2 do all[flat[i]] = flat[i + 1] end
local changes = {}
if tonumber(all.added or -1) < tonumber(version) then
  if all.plain and all.plain ~= '' then
    redis.call('HDEL', key, 'event:' .. all.plain)
    all['event:' .. all.plain] = nil
  end
  all['event:' .. version] = ARGV[2]
  changes = { 'added', version, 'event:' .. version, ARGV[2], 'plain', ARGV[3] ~= '1' and version or '' }
end
for field, value in pairs(all) do
  if string.find(field, '^event:') then table.insert(events, value) end
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if all.sender and all.sender ~= sender and tonumber(all['until'] or 0) > now then events = {} end
if #events > 0 then
  for _, value in ipairs({ 'sender', sender, 'until', now + ARGV[5] }) do table.insert(changes, value) end
end
if #changes == 0 then return events end
redis.call('HSET', key, unpack(changes))
redis.call('EXPIRE', key, #events == 1 and ARGV[6] or ARGV[7])
return events`,

  /** ARGV: sender, lease, versions that it has sent. Returns what it has to send now; if that is nothing, another one may send. */
  takePublished: `
local key, sender, sent, gone = KEYS[1], ARGV[1], {}, {}
local other, events = sender, {}
for i = 3, #ARGV do
  sent['event:' .. ARGV[i]] = true
  table.insert(gone, 'event:' .. ARGV[i])
end
local all = redis.call('HGETALL', key)
for i = 1, #all, 2 do
  local field, value = all[i], all[i + 1]
  if field == 'sender' then other = value
  elseif string.find(field, '^event:') and not sent[field] then table.insert(events, value) end
end
if other ~= sender then events = {}
elseif #events == 0 then
  table.insert(gone, 'sender')
  table.insert(gone, 'until')
else
  local time = redis.call('TIME')
  redis.call('HSET', key, 'sender', sender, 'until', time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[2])
end
redis.call('HDEL', key, unpack(gone))
return events`,

  /** ARGV: sender, seconds to keep. Lets another one send. */
  leavePublished: `
if redis.call('HGET', KEYS[1], 'sender') ~= ARGV[1] then return end
redis.call('HDEL', KEYS[1], 'sender', 'until')
redis.call('EXPIRE', KEYS[1], ARGV[2])`,
};

interface Commands {
  addPublished(key: string, version: number, event: string, reaches: 0 | 1, seconds: number): Promise<void>;
  offerPublished(
    key: string,
    version: number,
    event: string,
    reaches: 0 | 1,
    sender: string,
    leaseMs: number,
    seconds: number,
    secondsIfOthersWait: number,
  ): Promise<string[]>;
  takePublished(key: string, sender: string, leaseMs: number, ...sent: number[]): Promise<string[]>;
  leavePublished(key: string, sender: string, seconds: number): Promise<void>;
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

  /** Adds an event whose delivery has to wait; events of a goal have to be added one after the other. May be repeated. */
  async add(event: GoalProgressedEvent): Promise<void> {
    await this.commands.addPublished(this.keyOf(event), ...formOf(event), failedJobsKeptSeconds);
  }

  /**
   * Adds an event, unless it was added before, and has all sent that waits, this event's delivery being the sender, until nothing
   * waits any more; sends nothing if another delivery is at it. Where sending fails all of it waits for the next delivery.
   */
  async drain(
    event: GoalProgressedEvent,
    send: (events: GoalProgressedEvent[]) => Promise<void>,
  ): Promise<void> {
    const key = this.keyOf(event);
    // A delivery that is repeated after its process died continues as the same sender.
    const own = [event.id, leaseMs] as const;
    const kept = [sentSeconds, failedJobsKeptSeconds] as const;
    let stored = await this.commands.offerPublished(key, ...formOf(event), ...own, ...kept);
    while (stored.length > 0) {
      let events: GoalProgressedEvent[];
      try {
        events = stored.map(revived).toSorted((one, other) => versionOf(one) - versionOf(other));
        await send(events);
      } catch (error) {
        await this.commands.leavePublished(key, event.id, failedJobsKeptSeconds);
        throw error;
      }
      stored = await this.commands.takePublished(key, ...own, ...events.map(versionOf));
    }
  }

  private keyOf(event: GoalProgressedEvent): string {
    return this.keys.of('published', event.subject);
  }
}

/** An event as the scripts take it. */
const formOf = (event: GoalProgressedEvent) =>
  [versionOf(event), JSON.stringify(event.toStored()), event.data.levels_reached.length > 0 ? 1 : 0] as const;

const versionOf = ({ data }: GoalProgressedEvent): number => data.goal.version;

function revived(json: string): GoalProgressedEvent {
  const { v, data, occurred_at } = JSON.parse(json) as StoredEvent<GoalProgressed>;
  const event = new GoalProgressedEvent(data, new Date(occurred_at));
  assertKnown(event, v);
  return event;
}
