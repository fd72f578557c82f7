import { Slots } from './slots.js';

describe('Slots', () => {
  it('lets no more tasks run at once than it has, and gives a slot back that failed', async () => {
    const slots = new Slots(2);
    let running = 0;
    let most = 0;
    const order: number[] = [];
    const task = (index: number) => async () => {
      most = Math.max(most, ++running);
      order.push(index);
      await new Promise((resolve) => setTimeout(resolve, 1));
      running--;
      if (index % 2 === 0) throw new Error('failed');
    };
    const outcomes = await Promise.allSettled(Array.from({ length: 9 }, (_, i) => slots.run(task(i))));
    expect(most).toBe(2);
    expect(order).toEqual([...order].toSorted((a, b) => a - b));
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(5);
    await expect(slots.run(() => Promise.resolve('free'))).resolves.toBe('free');
  });
});
