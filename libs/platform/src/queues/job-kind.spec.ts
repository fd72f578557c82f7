import type { Job, Queue } from 'bull';
import { globSync, readFileSync } from 'node:fs';
import { JobKind } from './job-kind.js';

interface Ring {
  bell: string;
}

const rings = new JobKind<Ring>({ name: 'ring', version: 2, isReadable: ({ bell }) => bell !== '' });

/** A queue that notes what is added to it, and says that jobs of these ids have failed. */
function queueWith(...failed: string[]) {
  const added: unknown[][] = [];
  const removed: unknown[] = [];
  const queue = {
    add: async (...job: [string, unknown, { jobId: string }]) => {
      added.push(job);
      const { jobId } = job[2];
      const remove = async () => removed.push(jobId);
      return { isFailed: async () => failed.includes(jobId), remove } as unknown as Job;
    },
  };
  return { queue: queue as unknown as Queue<Ring>, added, removed };
}

describe('a kind of jobs', () => {
  it('adds each job under its name and with its version', async () => {
    const { queue, added } = queueWith();
    await rings.add(queue, { bell: 'a' }, { jobId: 'one' });
    expect(added).toEqual([['ring', { bell: 'a', v: 2 }, { jobId: 'one' }]]);
  });

  it('adds data of another release as they are', async () => {
    const { queue, added } = queueWith();
    await rings.add(queue, { bell: 'a' }, {}, 7);
    expect(added).toEqual([['ring', { bell: 'a', v: 7 }, {}]]);
  });

  it('replaces a job that has failed, and no other', async () => {
    const { queue, added, removed } = queueWith('dead');
    await rings.addOrReplaceFailed(queue, { bell: 'a' }, { jobId: 'alive' });
    expect([added.length, removed]).toEqual([1, []]);
    await rings.addOrReplaceFailed(queue, { bell: 'a' }, { jobId: 'dead' });
    expect([added.length, removed]).toEqual([3, ['dead']]);
  });

  it.each([
    [undefined, true],
    [1, true],
    [2, true],
    [3, false],
    [0, false],
    [1.5, false],
    ['2', false],
    [null, false],
  ])('knows version %p: %p', (version, isKnown) => {
    expect(rings.knows(version)).toBe(isKnown);
  });

  it('reads no data that lack what the job needs', () => {
    expect([{ bell: 'a' }, { bell: '' }, null].map((data) => rings.isReadable(data))).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('the jobs of all libs', () => {
  it('are added by their kind alone, which gives them their version', () => {
    const files = globSync('{libs,apps}/*/src/**/*.ts').filter(
      (path) => !/\.spec\.ts$|job-kind\.ts$/.test(path),
    );
    expect(files.length).toBeGreaterThan(100);
    const adding = files.filter((path) =>
      /[qQ]ueue\.add(?:Bulk)?\(\s*\w+,|\.of\([\w.]*\)\s*\.add\(/.test(readFileSync(path, 'utf8')),
    );
    // A queue of its own, which adds by its kind.
    expect(adding).toEqual(['libs/goals/src/create-goal/create-goal.handler.ts']);
  });
});
