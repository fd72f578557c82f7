import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

interface Rule {
  name: string;
  from: { path?: string };
  to: { pathNot?: string[] };
}
const { forbidden } = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as {
  forbidden: Rule[];
};

/** The lib that a pattern of a rule stands for. */
const libOf = (pattern = '') => /^\^libs\/([^/]+)\/$/.exec(pattern)?.[1] ?? '';

/** For each lib the libs that it may import, by the rules that `npm run boundaries` checks. */
const checked = new Map(
  forbidden
    .filter(({ name }) => name.endsWith('-depends-only-on-what-comes-before-it'))
    .map(({ from, to }) => {
      const lib = libOf(from.path);
      return [lib, (to.pathNot ?? []).map(libOf).filter((other) => other !== lib)];
    }),
);

/** The same by the table of docs/architecture.md. */
function documented(): Map<string, string[]> {
  const page = readFileSync(new URL('../../docs/architecture.md', import.meta.url), 'utf8');
  const [, section = ''] = page.split('\n## Folders\n');
  const [text = ''] = section.split('\n## ');
  const rows = text.matchAll(/^\| `([\w-]+)` *\|[^|]*\|([^|]*)\|$/gm);
  return new Map(
    [...rows].map(([, lib = '', imports = '']) => [
      lib,
      imports
        .split(',')
        .map((name) => name.trim())
        .filter(Boolean),
    ]),
  );
}

describe('the table of libs in docs/architecture.md', () => {
  it('has every lib', () => {
    expect([...documented().keys()].toSorted()).toEqual(readdirSync('libs').toSorted());
  });

  it('allows each lib the imports that are checked', () => {
    expect(documented()).toEqual(checked);
  });

  it('lists a lib after those that it may import', () => {
    const seen = new Set<string>();
    for (const [lib, imports] of documented()) {
      expect(imports.filter((other) => !seen.has(other))).toEqual([]);
      seen.add(lib);
    }
  });
});
