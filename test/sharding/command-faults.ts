import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** A command that no sharded cluster would take, or that asks all shards for no good reason. */
export interface CommandFault {
  collection: string;
  command: string;
  fields?: string[];
  fault: string;
}

/** What recorder.mjs has noted of commands on this database, each kind once. It is forgotten then. */
export async function takeCommandFaults(database: string): Promise<CommandFault[]> {
  return (await take(`${database}.faults`)).map((line) => JSON.parse(line) as CommandFault);
}

/** The reasons of shard-keys.json for which commands on this database have asked all shards. They are forgotten then. */
export function takeScatters(database: string): Promise<string[]> {
  return take(`${database}.listed`);
}

async function take(name: string): Promise<string[]> {
  const file = join(process.env.TEST_COMMANDS_DIR ?? '', name);
  const lines = await readFile(file, 'utf8').catch(() => '');
  await rm(file, { force: true });
  return [...new Set(lines.split('\n').filter(Boolean))];
}
