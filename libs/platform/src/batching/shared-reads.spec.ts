import { SharedReads } from './shared-reads.js';

/** Reads that end when they are told to, in the order in which they began. */
function scene() {
  const reads = new SharedReads<number>();
  const ends: ((value: number | Error) => void)[] = [];
  const work = () =>
    new Promise<number>((resolve, reject) =>
      ends.push((value) => (value instanceof Error ? reject(value) : resolve(value))),
    );
  /** Once what was asked for has begun. */
  const settled = async () => {
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  return { read: (key: string) => reads.read(key, work), ends, settled };
}

describe('SharedReads', () => {
  it('makes one read for all who ask while another one runs, and begins it after that', async () => {
    const { read, ends, settled } = scene();
    const first = read('a');
    await settled();
    const others = [read('a'), read('a')];
    expect(ends).toHaveLength(1);
    ends[0]!(1);
    await settled();
    expect(ends).toHaveLength(2);
    ends[1]!(2);
    expect(await Promise.all([first, ...others])).toEqual([1, 2, 2]);
  });

  it('holds up nobody who asks for something else', async () => {
    const { read, ends, settled } = scene();
    void read('a');
    const other = read('b');
    await settled();
    ends[1]!(2);
    expect(await other).toBe(2);
    ends[0]!(1);
  });

  it('reads on after a read that failed, and fails only those who asked for that', async () => {
    const { read, ends, settled } = scene();
    const first = read('a');
    await settled();
    const second = read('a');
    ends[0]!(new Error('away'));
    await expect(first).rejects.toThrow('away');
    await settled();
    ends[1]!(2);
    expect(await second).toBe(2);
    const third = read('a');
    await settled();
    ends[2]!(3);
    expect(await third).toBe(3);
  });
});
