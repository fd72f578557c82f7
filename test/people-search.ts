import type { Client } from './client.js';
import { tokenFor } from './client.js';
import type { TestService } from './service.js';

/** What is stored of a user and stands nowhere else. */
export interface Marks {
  id: string;
  name?: string;
  message?: string;
  title?: string;
}

/** Which collections, and which keys of Redis, hold one of the marks in whatever form, sorted. */
export async function findMarks(
  service: TestService,
  marks: Marks,
): Promise<{ collections: string[]; keys: string[] }> {
  const texts = Object.values(marks) as string[];
  texts.push(Buffer.from(marks.id).toString('base64url'));
  const isMarked = (value: unknown) => {
    const text = JSON.stringify(value);
    return texts.some((mark) => text.includes(mark));
  };
  const collections = [];
  for (const { name } of await service.mongo.listCollections())
    if ((await service.documents(name)).some(isMarked)) collections.push(name);
  const keys = [];
  for (const key of await service.keys()) if (isMarked([key, await valueOf(service, key)])) keys.push(key);
  return { collections: collections.toSorted(), keys };
}

async function valueOf({ redis }: TestService, key: string): Promise<unknown> {
  const read: Record<string, () => Promise<unknown>> = {
    string: () => redis.get(key),
    hash: () => redis.hgetall(key),
    list: () => redis.lrange(key, 0, -1),
    set: () => redis.smembers(key),
    zset: () => redis.zrange(key, 0, -1),
    stream: () => redis.xrange(key, '-', '+'),
  };
  return read[await redis.type(key)]?.();
}

/** The lines of an export. */
export async function readExport(
  url: string,
  userId: string,
  { userId: caller }: Client,
): Promise<{ collection?: string; document?: object; documents?: number }[]> {
  const authorization = `Bearer ${await tokenFor(caller, ['service'])}`;
  const response = await fetch(`${url}/users/${userId}/data`, { headers: { authorization } });
  if (response.headers.get('content-type') !== 'application/x-ndjson; charset=utf-8')
    throw new Error(`${response.status}: ${await response.text()}`);
  const text = await response.text();
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
}
