import { readFileSync } from 'node:fs';
import shardKeys from '../sharding/shard-keys.json' with { type: 'json' };

type Entry = { key?: Record<string, unknown> };

const page = readFileSync('docs/scaling.md', 'utf8');

/** A key as the page writes it. */
const written = (key: Record<string, unknown>) =>
  `{${Object.entries(key)
    .map(([field, order]) => `${field}: ${typeof order === 'string' ? `'${order}'` : String(order)}`)
    .join(', ')}}`;

describe('the table of shard keys in docs/scaling.md', () => {
  it('has every collection that may be sharded, with its key', () => {
    const rows = [...page.matchAll(/^\| `(\w+)` +\| `(\{.+?\})` +\|/gm)].map(([, name, key]) => [name, key]);
    const sharded = Object.entries(shardKeys as Record<string, Entry>).flatMap(([name, { key }]) =>
      key ? [[name, written(key)]] : [],
    );
    expect(rows).toEqual(sharded);
  });
});
