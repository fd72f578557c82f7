import { SingleStage } from '../faults/stage/single-stage.js';
import { acceptedThenEmptied } from './accepted.js';
import { mongoRestored, redisRestored } from './restored.js';

/**
 * Rehearses what a loss of a store means: Redis comes back empty, MongoDB is restored beside a newer Redis, Redis is restored beside
 * a newer MongoDB. Prints what was compared. DRILL=short takes fewer goals, DRILL_ONLY a part of a name, FAULTS_LOG a log level,
 * FAULTS_KEEP=1 keeps data and logs.
 * @returns the exit code: 0 if nothing was lost, doubled or remembered that is not there.
 */
async function runDrill(env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const isShort = env.DRILL === 'short';
  const scenes: Record<string, (stage: SingleStage) => Promise<string[]>> = {
    'Redis emptied after accepted requests': (stage) => acceptedThenEmptied(stage, isShort ? 120 : 500),
    'MongoDB restored': (stage) => mongoRestored(stage, isShort ? 6 : 40),
    'Redis restored': (stage) => redisRestored(stage, isShort ? 6 : 40),
  };
  const stage = new SingleStage({ RATE_LIMIT: 'off', MESSAGING_URL: 'off' });
  const faults: string[] = [];
  const begin = Date.now();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stage.close().finally(() => process.exit(1)));
  try {
    await stage.open();
    for (const [name, play] of Object.entries(scenes)) {
      if (env.DRILL_ONLY && !name.includes(env.DRILL_ONLY)) continue;
      const found = await play(stage);
      const seconds = Math.round((Date.now() - begin) / 1000);
      console.log(`${seconds} s  ${name}: ${found.length === 0 ? 'holds' : 'DOES NOT HOLD'}`);
      for (const fault of found.slice(0, 8)) console.log(`      - ${fault}`);
      faults.push(...found);
    }
    faults.push(...stage.unexpectedEnds);
  } catch (error) {
    faults.push(String((error as Error).stack));
    console.log(faults.at(-1));
  } finally {
    await stage.close();
  }
  console.log(faults.length === 0 ? 'every promise was kept' : 'NOT every promise was kept');
  return faults.length === 0 ? 0 : 1;
}

process.exit(await runDrill());
