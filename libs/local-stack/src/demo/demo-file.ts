import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DemoSession } from './demo-session.js';
import { DEMO_USERS, type DemoTokens } from './tokens.js';

/** Where the api finds what the demo pages need. */
export function demoFile(dataDir: string): string {
  return join(dataDir, 'demo.json');
}

/** Forgets an earlier start: its session is no longer the one to show. */
export function removeDemoFile(dataDir: string): Promise<void> {
  return rm(demoFile(dataDir), { force: true });
}

/** Writes the ids and tokens of the demo, whole or not at all, for nobody but the owner to read. */
export async function writeDemoFile(
  dataDir: string,
  { sessionId, fundingGoalId }: DemoSession,
  tokens: DemoTokens,
): Promise<void> {
  const content = {
    session_id: sessionId,
    funding_goal_id: fundingGoalId,
    streamer: { user_id: DEMO_USERS.streamer.sub, token: tokens.streamer },
    viewer: { user_id: DEMO_USERS.viewer.sub, token: tokens.viewer },
    service: { token: tokens.service },
  };
  const draft = `${demoFile(dataDir)}.new`;
  await rm(draft, { force: true });
  await writeFile(draft, JSON.stringify(content, null, 2), { mode: 0o600 });
  await rename(draft, demoFile(dataDir));
}
