/** What is measured, a round each; every measure resolves to one figure. */
import { Types } from 'mongoose';
import { until } from './stage.mjs';

const id = () => new Types.ObjectId().toHexString();
const levels = [{ target: 1e9 }, { target: 2e9 }];
const inAnHour = () => Math.floor(Date.now() / 1000) + 3600;

/** A session with a funding goal that is bound and active. */
export async function fund({ api }) {
  const streamer = id();
  const { session_id } = await api(streamer, ['streamer'], 'POST', '/sessions', {});
  const body = { levels, context: { session_id }, exp: inAnHour() };
  const { goal_id } = await api(streamer, ['streamer'], 'POST', '/goals?goal_type=show_funding', body);
  await until(async () => (await api(streamer, [], 'GET', `/goals/${goal_id}`)).status === 'active');
  await until(async () => (await api(streamer, [], 'GET', `/sessions/${session_id}`)).show_goal_pairs.length);
  return { streamer, session_id, goal_id };
}

/** Asks for the show that a funding goal pays for. */
export function createShow({ api }, { streamer, session_id, goal_id: funding_goal_id }) {
  const body = { levels, context: { session_id, funding_goal_id } };
  return api(streamer, ['streamer'], 'POST', '/goals?goal_type=show', body);
}

async function atOnce(count, concurrency, run) {
  let next = 0;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (next < count) await run(next++);
    }),
  );
}

/** Milliseconds from goal.added to the last of so many stream.authorized. */
export async function fanOut(stage, owners) {
  const funded = await fund(stage);
  const goal_id = new Types.ObjectId(funded.goal_id);
  await stage.mongo.collection('goal_contribution').insertMany(
    Array.from({ length: owners }, (_, index) => ({
      goal_id,
      source_id: `ticket-${index}`,
      user_id: id(),
      amount: 1,
      created_at: new Date(),
    })),
  );
  const before = stage.sink.seen.length;
  await createShow(stage, funded);
  const { seen } = stage.sink;
  let looked = before;
  let told = 0;
  // Each is looked at once, since this runs on the cores of those who are measured.
  await until(async () => {
    for (; looked < seen.length; looked++) if (seen[looked].name === 'stream.authorized') told += 1;
    return told >= owners;
  });
  if (told !== owners) throw new Error(`${told} were told instead of ${owners}`);
  const added = seen.slice(before).find(({ name }) => name === 'goal.added');
  return seen.findLast(({ name }) => name === 'stream.authorized').at - added.at;
}

/** Contributions a second, of 50 clients, on one goal or on so many. */
export async function contribute(stage, goals, count) {
  const funded = [];
  await atOnce(goals, 16, async () => funded.push(await fund(stage)));
  const begin = performance.now();
  await atOnce(count, 50, (index) =>
    stage.api('payments', ['service'], 'POST', `/goals/${funded[index % goals].goal_id}/contributions`, {
      source_id: `gift-${index}`,
      user_id: `user-${index % 500}`,
      amount: 1,
    }),
  );
  const rate = (count / (performance.now() - begin)) * 1000;
  const ids = funded.map(({ goal_id }) => new Types.ObjectId(goal_id));
  const stored = await stage.mongo
    .collection('goal')
    .find({ _id: { $in: ids } })
    .toArray();
  const sum = stored.reduce((total, { progress }) => total + progress, 0);
  if (sum !== count) throw new Error(`the goals stand at ${sum} instead of ${count}`);
  return rate;
}

/** Show goals a second, of 32 clients, from the first request to the last feed entry and push. */
export async function create(stage, count) {
  const funded = [];
  await atOnce(count, 16, async () => funded.push(await fund(stage)));
  const feed = stage.mongo.collection('livestream_feed');
  const fed = await feed.countDocuments();
  const pushes = () => stage.sink.seen.filter(({ name }) => name === 'goal.added').length;
  await until(async () => pushes() >= fed);
  const pushed = pushes();
  const begin = performance.now();
  await atOnce(count, 32, (index) => createShow(stage, funded[index]));
  await until(async () => pushes() >= pushed + count && (await feed.countDocuments()) >= fed + count);
  return (count / (performance.now() - begin)) * 1000;
}
