/** Shorter names, such as HOST and PORT, are too close to names that others use. */
const shortest = 5;
const mostEdits = 2;

/**
 * A sentence for each variable that is set, is none of these names, and looks like one of them that is not set: `REDIS_URI`,
 * `RATE_LIMITS`. Such a variable would be ignored in silence.
 */
export function misspelledVariables(env: NodeJS.ProcessEnv, names: string[]): string[] {
  const known = new Set(names.flatMap((name) => [name, `${name}_FILE`]));
  const isSet = (name: string) => Boolean(env[name] || env[`${name}_FILE`]);
  const missing = names.filter((name) => name.length >= shortest && !isSet(name));
  return Object.keys(env)
    .filter((given) => env[given] && !known.has(given) && !given.startsWith('npm_'))
    .flatMap((given) => {
      const meant = missing.find((name) => isNear(given.replace(/_FILE$/i, ''), name));
      return meant ? [`${given} is set, but not known; did you mean ${meant}?`] : [];
    });
}

function isNear(given: string, name: string): boolean {
  const [one, other] = [plain(given), plain(name)];
  if (one === other) return true;
  if (Math.abs(one.length - other.length) > mostEdits || one[0] !== other[0]) return false;
  return edits(one, other) <= (other.length > 2 * shortest ? mostEdits : 1);
}

/** Without what people write in several ways. */
const plain = (name: string) => name.toUpperCase().replace('MONGODB', 'MONGO').replaceAll(/[_-]/g, '');

/** How many letters have to be added, removed or replaced to make one text of the other. */
function edits(one: string, other: string): number {
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [row, letter] of one.split('').entries()) {
    const next = [row + 1];
    for (let column = 0; column < other.length; column++) {
      const replaced = last[column]! + (letter === other[column] ? 0 : 1);
      next.push(Math.min(replaced, last[column + 1]! + 1, next[column]! + 1));
    }
    last = next;
  }
  return last[other.length]!;
}
