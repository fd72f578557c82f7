import { goalDeliveryQueues } from '#goals';
import { DeadLetters, deliveryQueueNames } from '#platform';
import { useService } from './service.js';

const perQueue = 10_000;
const queues = ['funding', 'analytics.track', ...deliveryQueueNames(goalDeliveryQueues)];

describe('dead letters', () => {
  const service = useService();

  it('are listed though every queue keeps as many as it may', async () => {
    const event = { type: 'goal.added', data: { padding: 'x'.repeat(1_000) }, occurred_at: '' };
    const data = JSON.stringify({ event, handlers: ['notify'] });
    for (const queue of queues)
      for (let begin = 0; begin < perQueue; begin += 500) {
        const add = service.redis.pipeline();
        for (let index = begin; index < begin + 500; index++) {
          const key = `{${service.prefix}}:${queue}:d-${index}`;
          add.hset(key, { name: 'deliver', data, opts: '{}', timestamp: 1, finishedOn: 1, attemptsMade: 3 });
          add.zadd(`{${service.prefix}}:${queue}:failed`, index, `d-${index}`);
        }
        await add.exec();
      }
    const letters = await service.worker!.get(DeadLetters).list();
    expect(letters).toHaveLength(queues.length * perQueue);
    for (const queue of queues) {
      const ids = letters.filter(({ id }) => id.startsWith(`${queue}/`)).map(({ id }) => id);
      expect(ids).toEqual(Array.from({ length: perQueue }, (_, index) => `${queue}/d-${index}`));
    }
  }, 120_000);
});
