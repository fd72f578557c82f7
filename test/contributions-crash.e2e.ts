import { newId } from '#platform';
import { Client, timedBody, until } from './client.js';
import { shortLocks, TestProcess } from './process.js';
import { useService } from './service.js';

const gifts = 1_000;
const clients = 50;

/** A thousand contributions from fifty clients, a third of them sent twice, some voided, while processes die. */
describe('contributions under fire', () => {
  const service = useService({}, { sink: true, apps: [], perTest: true });
  const { sink } = service;

  it.each(['worker', 'api'] as const)(
    'add up, each level published once, though the %s is killed in the middle',
    async (victim) => {
      const env = { ...sink.env, ...shortLocks };
      const start = (app: 'api' | 'worker') => TestProcess.start(app, service, env);
      const [api, worker] = await Promise.all([start('api'), start('worker')]);
      const processes = { api, worker };
      try {
        const streamer = new Client(processes.api.url);
        const sessionId = await streamer.openSession();
        const levels = [1, 2, 3, 4, 5].map((step) => ({ target: step * 700 }));
        const goalId = await streamer.createGoal('show_funding', { ...timedBody(sessionId), levels });
        await until(async () => (await streamer.goal(goalId)).status === 'active');

        const amounts = Array.from({ length: gifts }, (_, index) => (index % 5) + 1);
        // Some are voided right after they are paid, some before, so that their levels are never in doubt.
        const isVoided = (index: number) => index % 20 === 7;
        const kept = amounts.filter((_, index) => !isVoided(index));
        const sum = kept.reduce((total, amount) => total + amount, 0);
        const sends = [...amounts.keys(), ...[...amounts.keys()].filter((index) => index % 3 === 0)];
        const users = Array.from({ length: 40 }, () => newId());
        /** Sends until it is answered, as a payment service would: the source makes that harmless. */
        const send = (path: string, body: object): Promise<boolean> =>
          until(async () => {
            const payer = new Client(processes.api.url, newId(), ['service']);
            const answer = await payer
              .post(`/goals/${goalId}/contributions${path}`, body)
              .catch(() => undefined);
            return answer && [200, 201].includes(answer.status);
          }, 30_000);
        const give = async (index: number): Promise<void> => {
          const source_id = `gift-${index}`;
          const gift = { source_id, user_id: users[index % users.length], amount: amounts[index] };
          const steps = [() => send('', gift)];
          if (isVoided(index)) steps.push(() => send(`/${source_id}/void`, { reason: 'charged back' }));
          for (const step of index % 40 === 7 ? steps.toReversed() : steps) await step();
        };
        let next = 0;
        const load = Promise.all(
          Array.from({ length: clients }, async () => {
            while (next < sends.length) await give(sends[next++]!);
          }),
        );
        await until(async () => next > sends.length / 2);
        await processes[victim].end('SIGKILL');
        processes[victim] = await start(victim);
        await load;

        const reader = new Client(processes.api.url);
        expect(await reader.goal(goalId)).toMatchObject({ progress: sum, level: 4, status: 'active' });
        const stored = await service.documents('goal_contribution');
        expect(stored).toHaveLength(gifts);
        const counting = stored.filter(({ voided_at }) => !voided_at);
        expect(counting.reduce((total, { amount }) => total + Number(amount), 0)).toBe(sum);
        expect(stored).toHaveLength(counting.length + gifts / 20);
        await until(
          async () =>
            sink.accepted.some(({ name, data }) => name === 'goal.progressed' && data.progress === sum),
          60_000,
        );
        await until(
          async () =>
            (await service.documents('analytics_event', { event: 'goal.level_reached' })).length === 4,
          60_000,
        );
        const corrections = () =>
          new Set(
            sink.accepted.flatMap(({ name, data }) => (name === 'goal.corrected' ? [data.source_id] : [])),
          );
        await until(async () => corrections().size === gifts / 20, 60_000);
        const reached = sink.accepted.filter(({ name }) => name === 'goal.level_reached');
        expect([...new Set(reached.map(({ data }) => data.level_reached))]).toEqual([1, 2, 3, 4]);
        expect(new Set(reached.map(({ data }) => data.event_id)).size).toBe(4);
        // What is sent again, or refused in between, says the same: the event itself names the version it shows.
        const sent = sink.tried.filter(({ name }) => name.startsWith('goal.') && name !== 'goal.activated');
        const contents = new Map(sent.map(({ data }) => [data.event_id, data]));
        for (const { data } of sent) expect(data).toEqual(contents.get(data.event_id));

        const board = await reader.get<{ items: { amount: number }[] }>(
          `/goals/${goalId}/leaderboard?limit=100`,
        );
        expect(board.body.items.reduce((total, { amount }) => total + amount, 0)).toBe(sum);
      } finally {
        await processes.worker.end('SIGTERM');
        await processes.api.end('SIGTERM');
      }
    },
    120_000,
  );
});
