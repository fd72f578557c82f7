import { hash } from 'node:crypto';
import { Types } from 'mongoose';

/** Whether a value is an id as goalpost writes it: 24 lower-case hex digits. */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{24}$/.test(value);
}

/** The stored form of an id. Throws if it is invalid. */
export function toObjectId(id: string): Types.ObjectId {
  if (!isId(id)) throw new TypeError(`not an id: ${String(id)}`);
  return Types.ObjectId.createFromHexString(id);
}

/** A new id, unique and increasing with time. */
export function newId(): string {
  return new Types.ObjectId().toHexString();
}

/** The id derived from these parts: the same event gets the same id however often it is created. */
export function idFrom(...parts: string[]): string {
  return hash('sha256', parts.join('\n')).slice(0, 24);
}

/** The least id that is made at a moment or later. */
export function firstIdOf(moment: Date): Types.ObjectId {
  return Types.ObjectId.createFromTime(Math.floor(moment.getTime() / 1000));
}
