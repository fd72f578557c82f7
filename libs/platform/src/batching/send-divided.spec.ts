import { PermanentError } from '../queues/job-state.js';
import { sendDivided } from './batcher.js';

/** Sends numbers; a call with one of the refused is refused, one with a broken one fails otherwise. */
async function run(items: number[], refused: number[], broken: number[] = []) {
  const calls: number[][] = [];
  const taken: number[] = [];
  const outcomes = await sendDivided(items, async (call) => {
    calls.push(call);
    if (call.some((item) => broken.includes(item))) throw new Error('away');
    if (call.some((item) => refused.includes(item))) throw new PermanentError('no');
    taken.push(...call);
  });
  const failed = outcomes.map((outcome) => ('error' in outcome ? outcome.error.message : ''));
  return { calls, taken, failed };
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('sendDivided', () => {
  it('makes one call where all is well', async () => {
    expect(await run([1, 2, 3], [])).toEqual({ calls: [[1, 2, 3]], taken: [1, 2, 3], failed: ['', '', ''] });
  });

  it.each(
    upTo(11)
      .slice(1)
      .flatMap((count) => upTo(count).map((culprit) => [culprit, count])),
  )('leaves the item at %i of %i alone, and sends the others once and in order', async (culprit, count) => {
    const { taken, failed, calls } = await run(upTo(count), [culprit]);
    expect(taken).toEqual(upTo(count).filter((item) => item !== culprit));
    expect(failed).toEqual(upTo(count).map((item) => (item === culprit ? 'no' : '')));
    expect(calls.length).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(count)) + 1);
  });

  it('finds several, and all', async () => {
    expect((await run(upTo(10), [2, 3, 9])).taken).toEqual([0, 1, 4, 5, 6, 7, 8]);
    expect((await run(upTo(4), upTo(4))).failed).toEqual(['no', 'no', 'no', 'no']);
  });

  it('divides no call that failed for another reason', async () => {
    expect(await run([1, 2, 3], [], [2])).toEqual({
      calls: [[1, 2, 3]],
      taken: [],
      failed: Array(3).fill('away'),
    });
  });

  it('sends nothing behind one that failed for another reason on the way', async () => {
    let calls = 0;
    const outcomes = await sendDivided([1, 2, 3, 4], async () => {
      calls++;
      throw calls === 1 ? new PermanentError('no') : new Error('away');
    });
    expect(outcomes.map((outcome) => 'error' in outcome && outcome.error.message)).toEqual(
      Array(4).fill('away'),
    );
    expect(calls).toBe(2);
  });

  it('sends nothing but what it is given', async () => {
    expect((await run([], [])).failed).toEqual([]);
  });
});
