import { jest } from '@jest/globals';
import { Problem } from '../problem/problem.js';
import { type SlotCaller, KindLimit } from './concurrency-limit.js';

/** Work that ends when it is told to, by whoever asks for it. */
class Pieces {
  /** Of the pieces at work: whose they are, and how to end them. */
  readonly atWork: { id: string; end: () => void }[] = [];
  readonly refusals: string[] = [];
  done = 0;
  private asked = 0;
  constructor(private readonly slots: KindLimit) {}

  /** Asks for so many at once, each of another caller where none is named; lets those begin that may. */
  async ask(count: number, asker?: SlotCaller, after = () => Promise.resolve()): Promise<void> {
    for (let asked = 0; asked < count; asked++) {
      const { id, share } = asker ?? { id: `caller ${this.asked++}`, share: 1 };
      this.slots
        .run({ id, share }, () => new Promise<void>((end) => this.atWork.push({ id, end })), after)
        .then(
          () => (this.done += 1),
          (error: unknown) => this.refusals.push(error instanceof Problem ? error.kind.code : String(error)),
        );
    }
    await settled();
  }

  async end(count: number): Promise<void> {
    for (const { end } of this.atWork.splice(0, count)) end();
    await settled();
  }

  /** Ends the last that began. */
  async endLast(): Promise<void> {
    this.atWork.pop()!.end();
    await settled();
  }

  /** How many are at work of a caller. */
  of(who: string): number {
    return this.atWork.filter(({ id }) => id === who).length;
  }
}

const settled = async () => {
  for (let turns = 0; turns < 20; turns++) await Promise.resolve();
};
const [one, other] = [
  { id: 'one', share: 1 / 4 },
  { id: 'other', share: 1 / 4 },
];

const slotsFor = (atAll: number) => {
  const slots = new KindLimit(atAll);
  return { slots, pieces: new Pieces(slots) };
};

describe('the limit of a kind', () => {
  beforeEach(() => {
    jest.useFakeTimers({ now: 1_000_000 });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('lets others wait for a slot, in order, and refuses who finds too many', async () => {
    const { slots, pieces } = slotsFor(150);
    await pieces.ask(149);
    expect(slots.isFull).toBe(false);
    await pieces.ask(2);
    expect([pieces.atWork.length, pieces.refusals]).toEqual([128, ['overloaded']]);
    expect(slots.isFull).toBe(true);
    await pieces.end(10);
    expect([pieces.atWork.length, pieces.done]).toEqual([128, 10]);
    expect(slots.isFull).toBe(false);
    await pieces.end(128);
    await pieces.end(128);
    expect([pieces.atWork.length, pieces.done]).toEqual([0, 150]);
    await pieces.ask(151);
    expect([pieces.atWork.length, pieces.refusals.length]).toEqual([128, 2]);
  });

  it('gives slots on in the order in which they were asked for', async () => {
    const { pieces } = slotsFor(4);
    for (const id of ['a', 'b', 'c', 'd']) await pieces.ask(1, { id, share: 1 });
    expect(pieces.atWork.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd']);
    const waiting = slotsFor(200).pieces;
    await waiting.ask(128);
    for (const id of ['a', 'b', 'c']) await waiting.ask(1, { id, share: 1 });
    await waiting.end(2);
    expect(waiting.atWork.slice(-2).map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('lets nobody in while the first waits in vain, and refuses who waited too long', async () => {
    const { slots, pieces } = slotsFor(1000);
    await pieces.ask(138);
    jest.setSystemTime(1_000_600);
    expect(slots.isFull).toBe(false);
    jest.setSystemTime(1_000_601);
    expect(slots.isFull).toBe(true);
    await pieces.ask(1);
    expect(pieces.refusals).toHaveLength(1);
    await pieces.end(1);
    expect([pieces.atWork.length, pieces.refusals]).toEqual([127, Array(11).fill('overloaded')]);
    expect(slots.isFull).toBe(false);
  });

  it('lets who waited as long as it may begin', async () => {
    const { pieces } = slotsFor(1000);
    await pieces.ask(129);
    jest.setSystemTime(1_000_600);
    await pieces.end(1);
    expect([pieces.atWork.length, pieces.refusals]).toEqual([128, []]);
  });

  it('gives a slot on where the work fails', async () => {
    const { slots } = slotsFor(1);
    const after = jest.fn(() => Promise.resolve());
    await expect(slots.run(one, () => Promise.reject(new Error('broken')), after)).rejects.toThrow('broken');
    expect(after).not.toHaveBeenCalled();
    expect(await slots.run(one, () => Promise.resolve('done'), after)).toBe('done');
    expect(after).toHaveBeenCalledTimes(1);
  });
});

describe('a caller', () => {
  beforeEach(() => {
    jest.useFakeTimers({ now: 1_000_000 });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('has its share of the slots and of those who wait, and meets 429 beyond; others have theirs', async () => {
    const { slots, pieces } = slotsFor(400);
    await pieces.ask(101, one);
    expect([pieces.of('one'), pieces.refusals]).toEqual([32, ['too_many_requests']]);
    expect(slots.isFull).toBe(false);
    await pieces.ask(40, other);
    expect([pieces.of('other'), pieces.refusals.length]).toEqual([32, 1]);
    await pieces.end(32);
    expect([pieces.of('one'), pieces.of('other'), pieces.done]).toEqual([32, 32, 32]);
    await pieces.ask(33, one);
    expect(pieces.refusals).toHaveLength(2);
  });

  it('gets no slot of another beyond its share', async () => {
    const { pieces } = slotsFor(400);
    await pieces.ask(40, one);
    await pieces.ask(1, other);
    await pieces.endLast();
    expect([pieces.of('one'), pieces.of('other')]).toEqual([32, 0]);
  });

  it('is forgotten once it has nothing here any more', async () => {
    const { slots, pieces } = slotsFor(400);
    const { callers } = slots as unknown as { callers: Map<string, unknown> };
    await pieces.ask(2, one);
    await pieces.end(1);
    expect([...callers.keys()]).toEqual(['one']);
    await pieces.end(1);
    expect(callers.size).toBe(0);
  });

  it('has a slot at least', async () => {
    const { pieces } = slotsFor(3);
    await pieces.ask(2, one);
    expect([pieces.of('one'), pieces.refusals]).toEqual([1, ['too_many_requests']]);
  });

  it('that waits for its own work keeps nobody else from a slot that is free', async () => {
    const { slots, pieces } = slotsFor(400);
    await pieces.ask(100, one);
    await pieces.ask(96);
    expect(pieces.atWork).toHaveLength(128);
    jest.setSystemTime(1_001_000);
    expect(slots.isFull).toBe(false);
    await pieces.ask(1, other);
    expect(pieces.of('other')).toBe(0);
    // The first 32 that end are those of `one`, whose others came too late by then; then it is the turn of `other`.
    await pieces.end(1);
    expect([pieces.of('other'), pieces.refusals.length]).toEqual([1, 68]);
  });

  it('holds its place, but no slot, until what comes after the work is done', async () => {
    const { pieces } = slotsFor(400);
    const answers: (() => void)[] = [];
    await pieces.ask(100, one, () => new Promise<void>((answer) => answers.push(answer)));
    for (let round = 0; round < 4; round++) await pieces.end(32);
    expect([pieces.atWork.length, pieces.done]).toEqual([0, 0]);
    await pieces.ask(1, one);
    expect(pieces.refusals).toEqual(['too_many_requests']);
    await pieces.ask(128);
    expect(pieces.atWork).toHaveLength(128);
    answers.shift()!();
    await settled();
    await pieces.ask(2, one);
    expect([pieces.done, pieces.refusals.length]).toEqual([1, 2]);
  });

  it('is told to come again in a second', async () => {
    const { slots, pieces } = slotsFor(8);
    await pieces.ask(2, one);
    const refusalOf = (asker: SlotCaller) =>
      slots.run(asker, settled, settled).catch(({ kind, message, headers }: Problem) => ({
        status: kind.status,
        message,
        headers,
      }));
    expect(await refusalOf(one)).toEqual({
      status: 429,
      message: 'As many requests of this caller as it may have at once are not answered yet.',
      headers: { 'retry-after': '1' },
    });
    await pieces.ask(6);
    expect(await refusalOf(other)).toEqual({
      status: 503,
      message: 'More requests are at work here than can be answered in time.',
      headers: { 'retry-after': '1' },
    });
  });
});
