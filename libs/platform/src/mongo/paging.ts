import { Types } from 'mongoose';
import { validationFailed } from '../problem/problem.js';
import { toObjectId } from './object-id.js';

/** A page of a list; `next_cursor` is null on the last one. */
export interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

/** The filter for what follows a cursor in ascending order of ids. */
export function afterId(cursor: string | undefined): object {
  if (cursor === undefined) return {};
  const [id] = parse(cursor, /^([0-9a-f]{24})$/);
  return { _id: { $gt: toObjectId(id) } };
}

/** The filter for what follows a cursor in descending order of a date and id. */
export function beforeTime(cursor: string | undefined, field: string): object {
  if (cursor === undefined) return {};
  const [time, id] = parse(cursor, /^(\d{1,15})\.([0-9a-f]{24})$/);
  const date = new Date(Number(time));
  return {
    $or: [{ [field]: { $lt: date } }, { [field]: date, _id: { $lt: toObjectId(id) } }],
  };
}

/** A page in the order of ids from up to `limit + 1` documents: the extra one shows that more follow. */
export function pageById<Document extends { _id: Types.ObjectId }, Item>(
  documents: Document[],
  limit: number,
  toItem: (document: Document) => Item,
): Page<Item> {
  return cut(documents, limit, toItem, ({ _id }) => _id.toHexString());
}

/** A page in the order of time, likewise. */
export function pageByTime<Document extends { _id: Types.ObjectId }, Item>(
  documents: Document[],
  limit: number,
  toItem: (document: Document) => Item,
  dateOf: (document: Document) => Date,
): Page<Item> {
  return cut(
    documents,
    limit,
    toItem,
    (document) => `${dateOf(document).getTime()}.${document._id.toHexString()}`,
  );
}

/** The offset of a cursor in a list that is numbered from 0. */
export function offsetOf(cursor: string | undefined): number {
  return cursor === undefined ? 0 : Number(parse(cursor, /^#(\d{1,9})$/)[0]);
}

/** A page of such a list from this offset on, likewise. */
export function pageByOffset<Item>(items: Item[], limit: number, offset: number): Page<Item> {
  return cut(
    items,
    limit,
    (item) => item,
    () => `#${offset + limit}`,
  );
}

function cut<Document, Item>(
  documents: Document[],
  limit: number,
  toItem: (document: Document) => Item,
  positionOf: (document: Document) => string,
): Page<Item> {
  const shown = documents.slice(0, limit);
  const last = shown.at(-1);
  const more = documents.length > limit && last;
  return {
    items: shown.map(toItem),
    next_cursor: more ? Buffer.from(positionOf(last)).toString('base64url') : null,
  };
}

function parse(cursor: string, form: RegExp): [string, string] {
  const match = form.exec(Buffer.from(cursor, 'base64url').toString());
  if (!match)
    throw validationFailed('The cursor is not one that this list gave out.', {
      errors: [{ pointer: '/cursor', detail: 'must be the next_cursor of an earlier answer' }],
    });
  return [match[1] ?? '', match[2] ?? ''];
}
