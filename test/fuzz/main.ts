import { readFile } from 'node:fs/promises';
import { newId } from '#platform';
import { tokenFor } from '../client.js';
import { pythonPackages } from '../python-packages.js';
import { runSchemathesis } from './run-schemathesis.js';
import { FuzzStage } from './stage.js';
import { outages, tableOf, ungranted } from './tally.js';

const version = '4.32.5';

interface Run {
  name: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
}

/** The short form makes the same number of requests each time; the long one goes on until its time is up. */
function runsOf(env: NodeJS.ProcessEnv): [Run, Run] {
  const isShort = env.FUZZ === 'short';
  const seconds = Number(env.FUZZ_SECONDS || 300);
  const seed = ['--seed', env.FUZZ_SEED ?? (isShort ? '1' : String(Date.now() % 1e9))];
  const amount = (examples: number, share: number) =>
    isShort ? ['--max-examples', String(examples)] : ['--max-time', String(Math.ceil(seconds * share))];
  return [
    { name: 'streamer, service and admin', args: [...amount(25, 0.9), ...seed] },
    { name: 'viewer', args: [...amount(8, 0.1), ...seed, '--mode', 'positive'], env: { FUZZ_AS: 'viewer' } },
  ];
}

/** A token for every role; the streamer is the one of all sessions. */
async function tokens(): Promise<NodeJS.ProcessEnv> {
  const streamer = newId();
  return {
    FUZZ_STREAMER: streamer,
    FUZZ_STREAMER_TOKEN: await tokenFor(streamer, ['streamer']),
    FUZZ_SERVICE_TOKEN: await tokenFor(newId(), ['service']),
    FUZZ_ADMIN_TOKEN: await tokenFor(newId(), ['admin']),
    FUZZ_VIEWER_TOKEN: await tokenFor(newId(), []),
  };
}

/**
 * Lets Schemathesis call every operation of /docs-json of a real api and worker, with data that fits it and data that does
 * not, and follow its links. FUZZ=short makes a fixed number of calls; else it takes FUZZ_SECONDS (300), from FUZZ_SEED.
 * @returns the exit code: 0 where nothing was found, or where Python is missing.
 */
async function runFuzz(env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const constraints = (await readFile('test/fuzz/constraints.txt', 'utf8')).trim().split('\n');
  const python = await pythonPackages('schemathesis', [`schemathesis==${version}`, ...constraints]);
  if (typeof python === 'string') {
    console.log(`fuzz: skipped, as ${python}`);
    return 0;
  }
  const stage = new FuzzStage();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stage.close().finally(() => process.exit(1)));
  const found: string[] = [];
  try {
    await stage.open();
    const known = await tokens();
    for (const { name, args, env: more } of runsOf(env)) {
      console.log(`\nfuzz as ${name}: ${args.join(' ')}`);
      const { code, tally } = await runSchemathesis(stage, args, { ...known, ...python, ...more });
      console.log(tableOf(tally));
      if (code !== 0) found.push(`as ${name} not every answer fits the document`);
      const away = outages(tally);
      if (away) found.push(away);
      if (!more) found.push(...ungranted(tally).map((operation) => `${operation} was never granted`));
    }
    found.push(...stage.unexpectedEnds);
  } finally {
    await stage.close();
  }
  for (const finding of found) console.log(`- ${finding}`);
  console.log(`fuzz: ${found.length === 0 ? 'every' : 'NOT every'} answer fits the document`);
  return found.length === 0 ? 0 : 1;
}

process.exit(await runFuzz());
