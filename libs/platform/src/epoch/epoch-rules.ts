/** What both stores keep: in which epoch they are, and how far it has come. */
export interface Mark {
  /** Another one whenever what Redis remembers was dropped. */
  epoch: string;
  /** Counts on while the service runs, in Redis first and then in MongoDB. */
  beat: number;
}

/** The mark in Redis, and when it was written, in milliseconds. */
export interface RedisMark extends Mark {
  ms: number;
}

/**
 * How the stores stand to each other.
 * - `first`: neither has a mark yet.
 * - `same`: they belong together.
 * - `redis-lost`: Redis has nothing. It came back empty.
 * - `redis-behind`: Redis lacks its last writes: a restored file, a replica that took over, a loss of power.
 * - `mongo-behind`: MongoDB is older than Redis, or of another history: it was restored.
 */
export type Standing = 'first' | 'same' | 'redis-lost' | 'redis-behind' | 'mongo-behind';

/**
 * Compares the marks. A beat is counted in Redis before it is counted in MongoDB, from what MongoDB has; so Redis is ahead by one at
 * most, whoever counts and wherever he dies.
 */
export function standingOf(inMongo: Mark | undefined, inRedis: Mark | undefined): Standing {
  if (!inMongo) return inRedis ? 'mongo-behind' : 'first';
  if (!inRedis) return 'redis-lost';
  if (inMongo.epoch !== inRedis.epoch) return 'mongo-behind';
  if (inRedis.beat < inMongo.beat) return 'redis-behind';
  return inRedis.beat > inMongo.beat + 1 ? 'mongo-behind' : 'same';
}

/** Reads the mark in Redis; what cannot be read is none. */
export function parseMark(text: string | null): RedisMark | undefined {
  const [, epoch, beat, ms] = /^([0-9a-f]{24}) (\d+) (\d+)$/.exec(text ?? '') ?? [];
  return epoch ? { epoch, beat: Number(beat), ms: Number(ms) } : undefined;
}

/** The mark as Redis keeps it. */
export const markText = ({ epoch, beat, ms }: RedisMark): string => `${epoch} ${beat} ${ms}`;
