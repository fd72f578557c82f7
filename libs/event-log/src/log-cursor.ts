import { validationFailed } from '#platform';

/** The cursor that stands for a position of the log. */
export function cursorOf(position: number): string {
  return Buffer.from(`e${position}`).toString('base64url');
}

/** The position of a cursor, the beginning without one. Throws validation_failed for a text that is no cursor. */
export function positionOf(cursor: string | undefined, pointer: string): number {
  if (cursor === undefined) return 0;
  const [, position] = /^e(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (position === undefined || cursorOf(Number(position)) !== cursor) throw unknownCursor(pointer);
  return Number(position);
}

/** The refusal of a cursor that was never given out. */
export function unknownCursor(pointer: string) {
  return validationFailed('The cursor is not one that this log gave out.', {
    errors: [{ pointer, detail: 'must be a cursor of an earlier answer' }],
  });
}
