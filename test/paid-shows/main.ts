import { playScenes, type Scene } from '../play-scenes.js';
import { seeded } from '../seeded.js';
import { countdownsAtOnce } from './countdowns.js';
import { Stage } from './stage.js';
import { storyWithKills } from './story.js';
import { ticketsWithVoids } from './tickets.js';

/**
 * Plays paid shows on two apis and two workers that are killed and frozen meanwhile, and holds the product to what it promises about
 * money. SHOWS=short plays less of each and judges no times, SHOWS_ONLY takes part of a name, SHOWS_SEED repeats a run, SHOWS_LOG a log level,
 * SHOWS_KEEP=1 keeps data and logs.
 * @returns the exit code: 0 if every promise was kept.
 */
async function playShows(env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const isShort = env.SHOWS === 'short';
  const seed = Number(env.SHOWS_SEED ?? Date.now() % 1_000_000);
  const random = seeded(seed);
  const crowd = isShort
    ? { tickets: 1_000, voids: 60, atOnce: 16, secondsToExp: 4 }
    : { tickets: 10_000, voids: 300, atOnce: 48, secondsToExp: 15 };
  const scenes: Record<string, Scene<Stage>> = {
    'story with kills': (stage) => storyWithKills(stage, isShort ? 2 : 10),
    'tickets and voids': (stage) => ticketsWithVoids(stage, crowd, random),
    'countdowns at once': (stage) => countdownsAtOnce(stage, isShort ? 50 : 200, !isShort),
  };
  console.log(`SHOWS_SEED=${seed}`);
  return playScenes(new Stage(), scenes, env.SHOWS_ONLY);
}

process.exit(await playShows());
