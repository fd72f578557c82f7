import { parseArgs } from 'node:util';
import { type AppConfig, ConfigError, loadConfig, StoreMisfitError } from '#platform';
import type { INestApplicationContext } from '@nestjs/common';
import { operations } from './operations.js';

const usage = [
  'usage: npm run goals -- <operation>',
  ...Object.values(operations).map((one) => `  ${one.usage}`),
];

/** A goal younger than this may still be on its way. */
const settledSeconds = '60';

/** Runs what an operator asks for on the command line; prints what it says, and resolves to the exit code. */
export async function runOperation(
  args: string[],
  boot: (config: AppConfig) => Promise<INestApplicationContext>,
  say: (line: string) => void = console.log,
): Promise<number> {
  const ask = read(args);
  const operation = ask && Object.hasOwn(operations, ask.name) ? operations[ask.name] : undefined;
  if (!ask || !operation) {
    for (const line of usage) say(line);
    return 2;
  }
  try {
    const app = await boot(loadConfig(process.env));
    try {
      return await operation.run(app, ask, say);
    } finally {
      await app.close();
    }
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof StoreMisfitError)) throw error;
    say(error.message);
    return 1;
  }
}

function read(args: string[]) {
  try {
    const { positionals, values } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        all: { type: 'boolean', default: false },
        fix: { type: 'boolean', default: false },
        'older-than': { type: 'string', default: settledSeconds },
      },
    });
    const [name = '', ...ids] = positionals;
    const olderThanSeconds = Number(values['older-than']);
    return Number.isFinite(olderThanSeconds)
      ? { name, ids, all: values.all, fix: values.fix, olderThanSeconds }
      : undefined;
  } catch {
    return undefined;
  }
}
