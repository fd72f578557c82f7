import { timedBody, fundingBody, showBody, until, type Client } from './client.js';
import { TestService } from './service.js';

interface Funded {
  sessionId: string;
  fundingGoalId: string;
}

interface Filled extends Funded {
  showGoalId: string;
  karaokeGoalId: string;
}

/** What a request can meet: one service without a worker, and sessions and goals in every state that refuses. */
export interface Scene {
  service: TestService;
  streamer: Client;
  /** Accepts a show goal. */
  free: Funded;
  /** Another session of the same streamer. */
  elsewhere: Funded;
  /** Has its show goal and its karaoke goal. */
  bound: Filled;
  /** Both are in the queue. */
  inFlight: Filled;
  /** Its funding goal is in the queue. */
  pending: Funded;
  /** Its session lacks the pair. */
  unpaired: Funded;
  /** Its session has ended. */
  ended: Funded;
}

/** Builds the scene and stops the worker, so that nothing changes any more but by requests. */
export async function buildScene(): Promise<Scene> {
  // Its worker is away for as long as the tests take, and no count of requests stands among what is kept.
  const service = await TestService.start({ MAX_BACKLOG_SECONDS: '3600', RATE_LIMIT: 'off' });
  const streamer = service.client();
  const fund = () => streamer.openFundedSession();
  const free = await fund();
  const elsewhere = await fund();
  const toFill = await fund();
  const unpaired = await fund();
  const ended = await fund();
  const fill = async ({ sessionId: id, fundingGoalId }: Funded): Promise<Filled> => ({
    sessionId: id,
    fundingGoalId,
    showGoalId: await streamer.createGoal('show', showBody(id, fundingGoalId)),
    karaokeGoalId: await streamer.createGoal('karaoke', timedBody(id)),
  });

  const bound = await fill(await fund());
  await until(async () => {
    const { show_goal_pairs, karaoke_goal } = await streamer.session(bound.sessionId);
    return show_goal_pairs[0]?.show_goal === bound.showGoalId && karaoke_goal === bound.karaokeGoalId;
  });
  await service.stopWorker();
  const inFlight = await fill(toFill);
  const sessionId = await streamer.openSession();
  const pending = {
    sessionId,
    fundingGoalId: await streamer.createGoal('show_funding', fundingBody(sessionId)),
  };
  await change(service, unpaired, { show_goal_pairs: [] });
  await change(service, ended, { active: false });
  return {
    service,
    streamer,
    free,
    elsewhere,
    bound,
    inFlight,
    pending,
    unpaired,
    ended,
  };
}

/** All that is kept: every document, and every key of Redis with its value but for those of idempotency and the beat of the epoch. */
export async function everythingKept({ service }: Scene): Promise<unknown> {
  const names = (await service.mongo.listCollections()).map(({ name }) => name);
  const collections = names.filter((name) => name !== 'store_epoch').toSorted();
  const documents = await Promise.all(
    collections.map(async (name) => [name, await service.documents(name)] as const),
  );
  const keys = (await service.keys()).filter((key) => !/:idempotency:|:stalled-check$|:epoch$/.test(key));
  const values = await Promise.all(
    keys.map(async (key) => [key, (await service.redis.dumpBuffer(key))?.toString('base64')] as const),
  );
  return { documents: Object.fromEntries(documents), values: Object.fromEntries(values) };
}

async function change(service: TestService, { sessionId }: Funded, fields: object): Promise<void> {
  const { ObjectId } = service.mongo.base.mongo;
  const { modifiedCount } = await service.mongo
    .collection('session')
    .updateOne({ _id: new ObjectId(sessionId) }, { $set: fields });
  if (modifiedCount !== 1) throw new Error(`session ${sessionId} was not changed`);
}
