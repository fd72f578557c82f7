import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { newId, toObjectId } from '#platform';
import { Client, showBody, timedBody, until } from '../client.js';
import type { SingleStage } from '../faults/stage/single-stage.js';
import { mapAtOnce } from '../show-effects.js';
import { type Accepted, countBound, faultsOfEffects } from './effects.js';

const width = 8;
const withinMs = 60_000;

/** A streamer with a session, a goal that takes contributions, and what was accepted. */
interface Scene {
  streamer: Client;
  sessionId: string;
  fundingGoalId: string;
}

/**
 * Backs MongoDB up by a copy of its files, goes on, and restores the copy beside a Redis that went on. Everything from before
 * the backup has to be there and come to its end; of what came after it nothing may be remembered.
 */
export async function mongoRestored(stage: SingleStage, count: number): Promise<string[]> {
  const faults: string[] = [];
  const scenes = await openScenes(stage, count);
  await contributeTo(stage, scenes, 'before');
  await stage.worker.end('SIGTERM');
  const before = await ask(scenes, 'karaoke', ({ sessionId }) => timedBody(sessionId), 'before');
  await stage.db.admin().command({ fsync: 1, lock: true });
  await cp(join(stage.dataDir, 'mongod'), join(stage.dataDir, 'backup'), { recursive: true });
  await stage.db.admin().command({ fsyncUnlock: 1 });

  await stage.worker.start();
  const bodyOf = ({ sessionId, fundingGoalId }: Scene) => showBody(sessionId, fundingGoalId);
  const after = await ask(scenes, 'show', bodyOf, 'after');
  await contributeTo(stage, scenes, 'after');
  await until(async () => (await countBound(stage, [...before, ...after])) === 2 * count, withinMs);
  await beatsOn(stage);
  const { epoch } = await epochOf(stage);

  await Promise.all([stage.api.end('SIGTERM'), stage.worker.end('SIGTERM')]);
  await stage.mongod.stop();
  await replaceFolder(stage, 'backup', 'mongod');
  await stage.mongod.startAgain();
  // One after the other: whoever comes first drops what Redis remembers.
  await stage.worker.start();
  await stage.api.start();
  if ((await epochOf(stage)).epoch === epoch) faults.push('the restore was not noticed');

  await until(async () => (await countBound(stage, before)) === count, withinMs);
  faults.push(...(await unlike(after, 404, 'accepted after the backup')));
  const again = await ask(scenes, 'show', bodyOf, 'after');
  if (again.some(({ goalId }, index) => goalId === after[index]!.goalId))
    faults.push('a goal that is gone was answered under its key');
  await until(async () => (await countBound(stage, again)) === count, withinMs);
  await contributeTo(stage, scenes, 'after');
  faults.push(...(await compare(stage, [...before, ...again], scenes)));
  return faults;
}

/**
 * Goes on while a copy of Redis's files is kept, and puts it in the place of the newer ones while api and worker run. Everything
 * accepted has to be bound once, and answers under keys from before the copy are the same.
 */
export async function redisRestored(stage: SingleStage, count: number): Promise<string[]> {
  const faults: string[] = [];
  const scenes = await openScenes(stage, count);
  const karaokeOf = ({ sessionId }: Scene) => timedBody(sessionId, {}, { exp: inADay });
  const before = await ask(scenes, 'karaoke', karaokeOf, 'before');
  await until(async () => (await countBound(stage, before)) === count, withinMs);
  await cp(join(stage.dataDir, 'redis'), join(stage.dataDir, 'backup'), { recursive: true });

  await contributeTo(stage, scenes, 'after');
  await beatsOn(stage);
  await stage.worker.end('SIGTERM');
  const after = await ask(
    scenes,
    'show',
    ({ sessionId, fundingGoalId }) => showBody(sessionId, fundingGoalId),
    'after',
  );
  await stage.valkey.kill();
  await replaceFolder(stage, 'backup', 'redis');
  await stage.valkey.startAgain();
  faults.push(...(await unlike(after, 200, 'accepted after the backup')));
  await stage.worker.start();
  await until(async () => (await countBound(stage, after)) === count, withinMs);
  const again = await ask(scenes, 'karaoke', karaokeOf, 'before');
  if (again.some(({ goalId }, index) => goalId !== before[index]!.goalId))
    faults.push('an answer from before the backup was not given again');
  faults.push(...(await compare(stage, [...before, ...after], scenes)));
  return faults;
}

const inADay = Math.floor(Date.now() / 1000) + 86_400;

type Asked = Accepted & Pick<Scene, 'streamer'>;

async function openScenes(stage: SingleStage, count: number): Promise<Scene[]> {
  return mapAtOnce(Array.from({ length: count }), width, async () => {
    const streamer = new Client(() => stage.api.url, newId());
    return { streamer, ...(await streamer.openFundedSession()) };
  });
}

/** Asks for a goal in each scene, under a key that says which round it is. */
async function ask(
  scenes: Scene[],
  goalType: string,
  bodyOf: (scene: Scene) => object,
  round: string,
): Promise<Asked[]> {
  return mapAtOnce(scenes, width, async (scene) => {
    const { streamer, sessionId } = scene;
    const answer = await until(async () => {
      const key = { 'idempotency-key': `${goalType}-${round}` };
      const one = await streamer.post<{ goal_id: string }>(
        `/goals?goal_type=${goalType}`,
        bodyOf(scene),
        key,
      );
      return one.status === 202 && one;
    });
    return { streamer, sessionId, goalId: answer.body.goal_id };
  });
}

/** Three contributions to each funding goal, by one user and two. */
async function contributeTo(stage: SingleStage, scenes: Scene[], round: string): Promise<void> {
  const payments = new Client(() => stage.api.url, newId(), ['service']);
  await mapAtOnce(scenes, width, async ({ streamer, fundingGoalId }) => {
    for (const [index, amount] of [1, 2, 4].entries()) {
      const user_id = index === 0 ? streamer.userId : newId();
      const body = { source_id: `${round}-${index}`, user_id, amount };
      await until(
        async () => (await payments.post(`/goals/${fundingGoalId}/contributions`, body)).status < 300,
      );
    }
  });
}

async function unlike(goals: Asked[], status: number, what: string): Promise<string[]> {
  const answers = await mapAtOnce(goals, width, ({ streamer, goalId }) => streamer.get(`/goals/${goalId}`));
  const others = answers.filter((answer) => answer.status !== status).length;
  return others > 0 ? [`${others} goals ${what} are not answered ${status}`] : [];
}

/** What is stored, shown and ranked has to agree, and reconcile has to find nothing. */
async function compare(stage: SingleStage, accepted: Accepted[], scenes: Scene[]): Promise<string[]> {
  const faults: string[] = [];
  await until(async () => (await faultsOfEffects(stage, accepted)).length === 0, withinMs).catch(async () =>
    faults.push(...(await faultsOfEffects(stage, accepted))),
  );
  for (const { streamer, fundingGoalId } of scenes) {
    const given = await stage.db
      .collection('goal_contribution')
      .find({ goal_id: toObjectId(fundingGoalId) })
      .toArray();
    const paid = given.reduce((sum, { amount }) => sum + Number(amount), 0);
    const goal = await streamer.goal(fundingGoalId);
    const counted = goal.progress + (goal.late_tickets ?? 0);
    const { items } = (
      await streamer.get<{ items: { amount: number }[] }>(`/goals/${fundingGoalId}/leaderboard`)
    ).body;
    const ranked = items.reduce((sum, { amount }) => sum + amount, 0);
    if (counted !== paid || ranked !== paid)
      faults.push(`${fundingGoalId}: paid ${paid}, counted ${counted}, ranked ${ranked}`);
  }
  const found = await reconcile(stage);
  if (found.at(-1) !== 'nothing to do') faults.push(...found.map((line) => `reconcile: ${line}`));
  return faults;
}

async function reconcile(stage: SingleStage): Promise<string[]> {
  const child = spawn(process.execPath, ['dist/apps/cli/src/main.js', 'reconcile', '--older-than', '0'], {
    env: { PATH: process.env.PATH, ...stage.environment() },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  const printed = await text(child.stdout);
  await exit;
  return printed.trim().split('\n');
}

async function replaceFolder(stage: SingleStage, from: string, to: string): Promise<void> {
  await rm(join(stage.dataDir, to), { recursive: true });
  await cp(join(stage.dataDir, from), join(stage.dataDir, to), { recursive: true });
  await rm(join(stage.dataDir, from), { recursive: true });
}

async function epochOf(stage: SingleStage): Promise<{ epoch: string; beat: number }> {
  const stored = await stage.db.collection('store_epoch').findOne({});
  return stored as unknown as { epoch: string; beat: number };
}

/** Waits until a backup that was taken before can be told from what is stored. */
async function beatsOn(stage: SingleStage): Promise<void> {
  const { beat } = await epochOf(stage);
  await until(async () => (await epochOf(stage)).beat >= beat + 3);
}
