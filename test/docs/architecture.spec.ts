import { globSync, readdirSync, readFileSync } from 'node:fs';
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

/** The rows of the table below a heading of docs/architecture.md, as cells. */
function rowsBelow(heading: string): string[][] {
  const page = readFileSync('docs/architecture.md', 'utf8');
  const [, section = ''] = page.split(`\n${heading}\n`);
  const [text = ''] = section.split(/\n##+ /);
  return [...text.matchAll(/^\| `(.*)\|$/gm)].map(([, row = '']) =>
    row.split('|').map((cell) => cell.replaceAll('`', '').trim()),
  );
}

const documented = new Map(
  rowsBelow('## Folders').map(([lib = '', , imports = '']) => [lib, imports.split(', ').filter(Boolean)]),
);

describe('the table of libs in docs/architecture.md', () => {
  it('has every lib', () => {
    expect([...documented.keys()].toSorted()).toEqual(readdirSync('libs').toSorted());
  });

  it('allows each lib the imports that are checked', () => {
    expect(documented).toEqual(checked);
  });

  it('lists a lib after those that it may import', () => {
    const seen = new Set<string>();
    for (const [lib, imports] of documented) {
      expect(imports.filter((other) => !seen.has(other))).toEqual([]);
      seen.add(lib);
    }
  });
});

describe('the table of the folders of libs/goals in docs/architecture.md', () => {
  it('has them in the order that is checked', () => {
    const inOrder = forbidden.flatMap(
      ({ name }) => /^goals-(.+)-imports-no-folder-after-it$/.exec(name)?.[1] ?? [],
    );
    expect(rowsBelow('## Inside libs/goals').map(([folder]) => folder)).toEqual(
      inOrder.map((folder) => `${folder}/`),
    );
  });
});

describe('the table of handlers in docs/architecture.md', () => {
  it('has every handler of the code with its delivery queue', () => {
    const decorators = globSync('libs/*/src/**/*.ts')
      .filter((path) => !path.endsWith('.spec.ts'))
      .flatMap((path) => [
        ...readFileSync(path, 'utf8').matchAll(/^@Durable\(\{ name: '([\w-]+)'(?:, queue: '(\w+)')? \}\)$/gm),
      ]);
    const described = rowsBelow('### Handlers').map(([name, queue]) => `${name} ${queue}`);
    const inCode = decorators.map(([, name, queue = '']) => `${name} ${queue}`);
    expect(described.toSorted()).toEqual(inCode.toSorted());
  });
});
