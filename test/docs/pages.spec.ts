import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };

const pages = globSync(['*.md', '.github/**/*.md', '{docs,libs,test}/**/*.md']).toSorted();
const textOf = (path: string) => readFileSync(path, 'utf8');

/** All matches of the first group of a pattern in a page, without code blocks. */
const found = (page: string, pattern: RegExp) =>
  [
    ...textOf(page)
      .replaceAll(/^```[^]*?^```/gm, '')
      .matchAll(pattern),
  ].map(([, group = '']) => group);

/** The anchor that GitHub gives to a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

function isBroken(page: string, link: string): boolean {
  if (/^https?:/.test(link)) return false;
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : join(dirname(page), path);
  if (!existsSync(target)) return true;
  return (
    anchor !== undefined && !found(target, /^#+ (.*)$/gm).some((heading) => anchorOf(heading) === anchor)
  );
}

describe.each(pages)('%s', (page) => {
  it('has links that lead somewhere', () => {
    expect(found(page, /\]\(([^)\s]+)\)/g).filter((link) => isBroken(page, link))).toEqual([]);
  });
});

/** The pages that describe the present; a changelog also tells what was. */
const present = pages.filter((page) => page !== 'CHANGELOG.md');

describe.each(present)('%s names only what exists:', (page) => {
  it('files', () => {
    const named = found(page, /`((?:apps|libs|test|scripts|docs)\/[\w./-]+\.\w+)`/g);
    expect(named.filter((path) => !existsSync(path))).toEqual([]);
  });

  it('tests', () => {
    const named = found(page, /`([\w-]+\.e2e\.ts)`/g);
    expect(named.filter((name) => !existsSync(join('test', name)))).toEqual([]);
  });

  it('npm scripts', () => {
    const named = [...textOf(page).matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !(name in packageJson.scripts))).toEqual([]);
  });
});

describe('docs/operations.md', () => {
  /** The names of metrics in a text; other names that begin with goalpost have no unit at their end. */
  const metricsIn = (text: string) =>
    text.match(/\bgoalpost_\w+_(?:seconds|total|jobs|letters|info|streams|overdue)\b/g) ?? [];

  it('has every metric of the code, and no other', () => {
    const sources = globSync('{libs,apps}/**/*.ts').filter((path) => !path.endsWith('.spec.ts'));
    const made = new Set(sources.flatMap((path) => metricsIn(textOf(path))));
    const described = new Set(metricsIn(textOf('docs/operations.md')));
    expect([...described].toSorted()).toEqual([...made].toSorted());
  });
});

describe('docs/decisions', () => {
  const records = pages.filter((page) => /^docs\/decisions\/\d{4}-/.test(page));

  it.each(records)('%s has a number, a date and a status', (record) => {
    const number = Number(/\d{4}/.exec(record)?.[0]);
    expect(textOf(record)).toMatch(
      new RegExp(
        `^# ${number}\\. .+\\n\\nDate: \\d{4}-\\d\\d-\\d\\d\\. Status: (accepted|superseded by \\[.+)\\.`,
      ),
    );
  });

  it('are all in the index, in their order', () => {
    expect(found('docs/decisions/README.md', /\]\((\d{4}-[^)]+)\)/g)).toEqual(
      records.map((record) => record.slice('docs/decisions/'.length)),
    );
  });
});
