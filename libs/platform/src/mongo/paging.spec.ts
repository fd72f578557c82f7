import { Types } from 'mongoose';
import { Problem } from '../problem/problem.js';
import { afterId, beforeTime, offsetOf, pageById, pageByOffset, pageByTime } from './paging.js';

const idOf = (index: number) => new Types.ObjectId(String(index).padStart(24, '0'));
const at = new Date(1_790_000_000_123);
const documents = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ _id: idOf(index), created_at: at, name: `n${index}` }));
const nameOf = ({ name }: { name: string }) => name;
const encoded = (text: string) => Buffer.from(text).toString('base64url');

function refusalOf(read: () => unknown): Problem {
  try {
    read();
  } catch (error) {
    return error as Problem;
  }
  throw new Error('the cursor was not refused');
}

describe('a page', () => {
  it('promises no more where there are as many as it shows, or fewer', () => {
    for (const count of [0, 1, 2]) {
      const items = ['n0', 'n1'].slice(0, count);
      expect(pageById(documents(count), 2, nameOf)).toEqual({ items, next_cursor: null });
      expect(pageByTime(documents(count), 2, nameOf)).toEqual({ items, next_cursor: null });
      expect(pageByOffset(items, 2, 10)).toEqual({ items, next_cursor: null });
    }
  });

  it('leaves out the one too many, and its cursor is the last that it shows', () => {
    expect(pageById(documents(3), 2, nameOf)).toEqual({
      items: ['n0', 'n1'],
      next_cursor: encoded(idOf(1).toHexString()),
    });
    expect(pageByTime(documents(3), 2, nameOf)).toEqual({
      items: ['n0', 'n1'],
      next_cursor: encoded(`1790000000123.${idOf(1).toHexString()}`),
    });
    expect(pageByOffset(['a', 'b', 'c'], 2, 10)).toEqual({ items: ['a', 'b'], next_cursor: encoded('#12') });
  });

  it('has nothing before it where there is no cursor', () => {
    expect([afterId(undefined), beforeTime(undefined), offsetOf(undefined)]).toEqual([{}, {}, 0]);
  });

  it('begins behind its cursor', () => {
    const byId = pageById(documents(3), 2, nameOf).next_cursor!;
    expect(afterId(byId)).toEqual({ _id: { $gt: idOf(1) } });
    const byTime = pageByTime(documents(3), 2, nameOf).next_cursor!;
    expect(beforeTime(byTime)).toEqual({
      $or: [{ created_at: { $lt: at } }, { created_at: at, _id: { $lt: idOf(1) } }],
    });
    expect(offsetOf(pageByOffset(['a', 'b'], 1, 0).next_cursor!)).toBe(1);
    expect(offsetOf(encoded('#999999999'))).toBe(999_999_999);
  });
});

describe('a cursor that no list gave out', () => {
  const id = idOf(1).toHexString();

  it.each([
    ['ids', afterId, ['', id.slice(1), `${id}0`, `x${id}`, id.replace(/.$/, 'g'), `1.${id}`]],
    [
      'time',
      beforeTime,
      [
        id,
        `.${id}`,
        `x.${id}`,
        `1${id}`,
        `1x${id}`,
        `1.${id}0`,
        `x1.${id}`,
        `1.${id.slice(1)}`,
        `${'1'.repeat(16)}.${id}`,
      ],
    ],
    ['offset', offsetOf, ['1', '#', '#x', '#1x', 'x#1', '#1234567890']],
  ])('in the order of %s is refused', (_, read: (cursor: string) => unknown, texts) => {
    for (const text of texts) {
      const { kind, message, extensions } = refusalOf(() => read(encoded(text)));
      expect([text, kind.code, message]).toEqual([
        text,
        'validation_failed',
        'The cursor is not one that this list gave out.',
      ]);
      expect(extensions.errors).toEqual([
        { pointer: '/cursor', detail: 'must be the next_cursor of an earlier answer' },
      ]);
    }
  });

  it('is read up to the largest time that one has', () => {
    expect(beforeTime(encoded(`${'1'.repeat(15)}.${id}`))).toHaveProperty('$or');
  });
});
