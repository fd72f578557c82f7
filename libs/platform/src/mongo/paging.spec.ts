import { Types } from 'mongoose';
import { Problem } from '../problem/problem.js';
import { afterId, beforeTime, offsetOf, pageById, pageByOffset, pageByTime } from './paging.js';

const ids = [1, 2, 3].map((index) => new Types.ObjectId(index.toString(16).padStart(24, '0')));
const at = new Date('2026-09-21T14:00:00.123Z');
const documents = ids.map((_id) => ({ _id, created_at: at }));
const self = <Item>(item: Item) => item;
const dateOf = ({ created_at }: { created_at: Date }) => created_at;
const beforeCreated = (cursor?: string) => beforeTime(cursor, 'created_at');

const pagers: [
  string,
  (given: typeof documents, limit: number) => { items: unknown[]; next_cursor: unknown },
][] = [
  ['ids', (given, limit) => pageById(given, limit, self)],
  ['time', (given, limit) => pageByTime(given, limit, self, dateOf)],
  ['places', (given, limit) => pageByOffset(given, limit, 0)],
];

describe.each(pagers)('a page by %s', (_, page) => {
  it('is the last where no more than its limit were found', () => {
    expect(page(documents, 3)).toEqual({ items: documents, next_cursor: null });
    expect(page(documents, 4)).toEqual({ items: documents, next_cursor: null });
    expect(page([], 1)).toEqual({ items: [], next_cursor: null });
  });

  it('says where to go on, and shows no more than its limit, where one more was found', () => {
    expect(page(documents, 2)).toEqual({
      items: documents.slice(0, 2),
      next_cursor: expect.any(String) as string,
    });
  });
});

describe('a cursor', () => {
  const cursorOf = (page: { next_cursor: string | null }) => page.next_cursor ?? undefined;

  it('goes on behind the last item shown', () => {
    expect(afterId(cursorOf(pageById(documents, 2, self)))).toEqual({ _id: { $gt: ids[1] } });
    expect(beforeCreated(cursorOf(pageByTime(documents, 2, self, dateOf)))).toEqual({
      $or: [{ created_at: { $lt: at } }, { created_at: at, _id: { $lt: ids[1] } }],
    });
    expect(offsetOf(cursorOf(pageByOffset(documents, 2, 40)))).toBe(42);
  });

  it('is absent on the first page', () => {
    expect([afterId(undefined), beforeCreated(undefined), offsetOf(undefined)]).toEqual([{}, {}, 0]);
  });

  it.each(['', '#', '#12345678901', `1.${'0'.repeat(24)}x`, '0'.repeat(23), 'x#1'])(
    'is refused where no list gave it out: %j',
    (text) => {
      const cursor = Buffer.from(text).toString('base64url');
      for (const read of [afterId, beforeCreated, offsetOf]) expect(() => read(cursor)).toThrow(Problem);
    },
  );
});
