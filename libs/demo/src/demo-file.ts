import { readFile } from 'node:fs/promises';
import { unavailable } from '#platform';

/** Ids and tokens of the demo, as `npm start` writes them. */
export interface DemoFile {
  session_id: string;
  funding_goal_id: string;
  /** The address of the overlay, with its token. */
  overlay_url: string;
  streamer: { user_id: string; token: string };
  viewer: { user_id: string; token: string };
  service: { token: string };
  /** The streamer in every role, for Swagger UI. */
  docs: { token: string };
}

/** Reads the file on each request, because the demo session is created after the api has started. Throws a 503 until then. */
export async function readDemoFile(path: string): Promise<DemoFile> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined)
    throw unavailable('The demo session is still being set up.', {}, { 'retry-after': '1' });
  return JSON.parse(text) as DemoFile;
}
