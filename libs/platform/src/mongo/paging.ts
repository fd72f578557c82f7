import { Types } from 'mongoose';
import { validationFailed } from '../problem/http-problems.js';

/** A page of a list; `next_cursor` is null on the last one. */
export interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

/** Where a page begins: after the document of this time and id. */
interface Position {
  created_at: Date;
  _id: Types.ObjectId;
}

/** The filter for what comes after a cursor in the order of created_at and _id, descending or ascending. */
export function after(cursor: string | undefined, direction: 1 | -1): object {
  if (cursor === undefined) return {};
  const { created_at, _id } = decode(cursor);
  const beyond = direction === 1 ? '$gt' : '$lt';
  return { $or: [{ created_at: { [beyond]: created_at } }, { created_at, _id: { [beyond]: _id } }] };
}

/** Cuts a page out of `limit + 1` documents: the one too many says that more follow. */
export function pageOf<Document extends Position, Item>(
  documents: Document[],
  limit: number,
  toItem: (document: Document) => Item,
): Page<Item> {
  const shown = documents.slice(0, limit);
  const last = shown.at(-1);
  const more = documents.length > limit && last;
  return { items: shown.map(toItem), next_cursor: more ? encode(last) : null };
}

function encode({ created_at, _id }: Position): string {
  return Buffer.from(`${created_at.getTime()}.${_id.toHexString()}`).toString('base64url');
}

function decode(cursor: string): Position {
  const match = /^(\d{1,15})\.([0-9a-f]{24})$/.exec(Buffer.from(cursor, 'base64url').toString());
  if (!match)
    throw validationFailed('The cursor is not one that this list gave out.', {
      errors: [{ pointer: '/cursor', detail: 'must be the next_cursor of an earlier answer' }],
    });
  return { created_at: new Date(Number(match[1])), _id: new Types.ObjectId(match[2]) };
}
