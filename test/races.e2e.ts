import { bootApi } from '#api';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type Answer, Client, fundingBody, showBody } from './client.js';
import { useService } from './service.js';
import { eachOnce, effectsOf, mapAtOnce } from './show-effects.js';

/** What both answers have, and what a refusal adds. */
interface Refusal {
  goal_id: string;
  code?: string;
}

describe('many requests at once', () => {
  const service = useService();
  const { queues } = service;
  let secondApi: NestFastifyApplication;
  let streamer: Client;
  let sameStreamerElsewhere: Client;

  beforeAll(async () => {
    secondApi = await bootApi(service.config);
    service.beforeStop(() => secondApi.close());
    await secondApi.listen(0, '127.0.0.1');
  });
  beforeEach(async () => {
    streamer = service.client();
    sameStreamerElsewhere = new Client(await secondApi.getUrl(), streamer.userId);
  });

  /** Sends 32 requests for the show goal of one funding goal, in turn through these clients. */
  async function race(
    clients: Client[],
    sessionId: string,
    fundingGoalId: string,
  ): Promise<Answer<Refusal>[]> {
    return Promise.all(
      Array.from({ length: 32 }, (_, index) =>
        clients[index % clients.length]!.post<Refusal>(
          '/goals?goal_type=show',
          showBody(sessionId, fundingGoalId),
        ),
      ),
    );
  }

  /** Checks that one request won, and that every other one names it. */
  function winnerOf(answers: Answer<Refusal>[]): string {
    const accepted = answers.filter(({ status }) => status === 202);
    const refused = answers.filter(({ status }) => status === 409);
    expect(answers.filter(({ status }) => status !== 202 && status !== 409).map(({ body }) => body)).toEqual(
      [],
    );
    expect([accepted.length, refused.length]).toEqual([1, answers.length - 1]);
    const winner = accepted[0]!.body.goal_id;
    expect(new Set(refused.map(({ body }) => body.goal_id))).toEqual(new Set([winner]));
    for (const { body } of refused) expect(['create_in_flight', 'already_bound']).toContain(body.code);
    return winner;
  }

  it('are each bound, once: 200 shows of 200 sessions, 32 at a time', async () => {
    const streamers = Array.from({ length: 200 }, () => service.client());
    const funded = await mapAtOnce(streamers, 32, async (each) => ({
      each,
      ...(await each.openFundedSession()),
    }));
    await queues.settled(20_000);
    const shows = await mapAtOnce(funded, 32, async ({ each, sessionId, fundingGoalId }) => ({
      fundingGoalId,
      goalId: await each.createGoal('show', showBody(sessionId, fundingGoalId)),
    }));
    expect(new Set(shows.map(({ goalId }) => goalId)).size).toBe(200);
    await queues.settled(20_000);
    const effects = await mapAtOnce(shows, 32, (show) => effectsOf(service, show));
    expect(effects).toEqual(shows.map(() => eachOnce));
  });

  it.each([
    ['one api', () => [streamer]],
    ['two apis', () => [streamer, sameStreamerElsewhere]],
  ])('have one winner where they want the same funding goal, at %s', async (_, clients) => {
    const { sessionId, fundingGoalId } = await streamer.openFundedSession();
    const goalId = winnerOf(await race(clients(), sessionId, fundingGoalId));
    await queues.settled();
    expect(await effectsOf(service, { goalId, fundingGoalId })).toEqual(eachOnce);
    const [late] = await race(clients(), sessionId, fundingGoalId);
    expect(late).toMatchObject({ status: 409, body: { code: 'already_bound', goal_id: goalId } });
  });

  it('do no harm to each other in one session: eight shows of eight funding goals', async () => {
    const sessionId = await streamer.openSession();
    const pairs = Array.from({ length: 8 }, () => 'pair');
    const fundingGoalIds = await mapAtOnce(pairs, 8, () =>
      streamer.createGoal('show_funding', fundingBody(sessionId)),
    );
    await queues.settled();
    const shows = await mapAtOnce(fundingGoalIds, 8, async (fundingGoalId) => ({
      fundingGoalId,
      goalId: await streamer.createGoal('show', showBody(sessionId, fundingGoalId)),
    }));
    await queues.settled();
    for (const show of shows) expect(await effectsOf(service, show)).toEqual(eachOnce);
    expect((await streamer.session(sessionId)).show_goal_pairs.toSorted(byFundingGoal)).toEqual(
      shows
        .map(({ fundingGoalId, goalId }) => ({ funding_goal: fundingGoalId, show_goal: goalId }))
        .toSorted(byFundingGoal),
    );
  });
});

const byFundingGoal = (one: { funding_goal: string | null }, other: { funding_goal: string | null }) =>
  String(one.funding_goal).localeCompare(String(other.funding_goal));
