import { SingleStage } from '../faults/stage/single-stage.js';
import { playScenes, type Scene } from '../play-scenes.js';
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
  const scenes: Record<string, Scene<SingleStage>> = {
    'Redis emptied after accepted requests': (stage) => acceptedThenEmptied(stage, isShort ? 120 : 500),
    'MongoDB restored': (stage) => mongoRestored(stage, isShort ? 6 : 40),
    'Redis restored': (stage) => redisRestored(stage, isShort ? 6 : 40),
  };
  return playScenes(new SingleStage({ RATE_LIMIT: 'off', MESSAGING_URL: 'off' }), scenes, env.DRILL_ONLY);
}

process.exit(await runDrill());
