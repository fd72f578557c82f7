import type { FieldFault } from '../problem/problem.js';

/** No body of the contract is nested as deep; the libraries that read further exhaust the stack. */
const deepest = 16;

/** Whether a value is nested deeper than any that is read. */
export function isTooDeep(value: unknown, left = deepest): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return left === 0 || Object.values(value).some((child) => isTooDeep(child, left - 1));
}

/**
 * Faults that the class rules cannot see: a list right in a list has its items checked by no class, properties named like
 * those of every object (`constructor`, `toString`) are dropped before any rule looks, and no rule asks what a text is made of.
 */
export function shapeFaults(value: unknown, parent = ''): FieldFault[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => {
    const pointer = `${parent}/${escaped(key)}`;
    if (Array.isArray(value) && Array.isArray(child)) return [{ pointer, detail: 'must not be a list' }];
    if (key in Object.prototype) return [{ pointer, detail: 'is not a known property' }];
    if (typeof child === 'string' && !isStorable(child))
      return [{ pointer, detail: 'must hold no NUL and no half of a character' }];
    return shapeFaults(child, pointer);
  });
}

/** What comes out of a store as it went in: lone surrogates become another character there, and NUL ends a text in C. */
function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** A name as one step of a JSON pointer (RFC 6901). */
export function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
