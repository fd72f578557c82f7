import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = new URL('.', import.meta.url).pathname;
const sources = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
  (path) => path.endsWith('.ts') && !path.endsWith('.spec.ts'),
);

/** Words of the libs that stand on platform. */
const theirs =
  /goal(?!post)|viewer|session_?id|pusher|\brtc|live_?stream|karaoke|exclusive|channel_|leaderboard|streamer/gi;
/** A role of tokens, which the guard knows. */
const roles = /'streamer'/g;

describe('platform', () => {
  it.each(sources)('names nothing of the libs that stand on it: %s', (path) => {
    const text = readFileSync(join(root, path), 'utf8').replaceAll(roles, '');
    expect(text.match(theirs) ?? []).toEqual([]);
  });
});
