import { unavailable } from '#platform';
import { readFile } from 'node:fs/promises';

/** Ids and tokens of the demo, as the local start writes them. */
export interface DemoFile {
  session_id: string;
  funding_goal_id: string;
  streamer: { user_id: string; token: string };
  viewer: { user_id: string; token: string };
  service: { token: string };
}

/** Reads the file anew: the demo session is made only once the api is up. Throws a 503 problem until it is there. */
export async function readDemoFile(path: string): Promise<DemoFile> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined)
    throw unavailable('The demo session is still being set up.', {}, { 'retry-after': '1' });
  return JSON.parse(text) as DemoFile;
}
