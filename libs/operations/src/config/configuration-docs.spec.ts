import { readFileSync } from 'node:fs';
import { appVariables as variables } from './app-config.js';

const page = readFileSync(new URL('../../../../docs/configuration.md', import.meta.url), 'utf8');

interface Row {
  name: string;
  shownDefault: string;
}

/** The rows of all tables between a heading of the second level and the next one. */
function rowsUnder(heading: string): Row[] {
  const [, section = ''] = page.split(`\n${heading}\n`);
  const [text = ''] = section.split(/\n## /);
  return [...text.matchAll(/^\| *`(\w+)` *\|([^|]*)\|/gm)].map(([, name = '', shownDefault = '']) => ({
    name,
    shownDefault: shownDefault.trim(),
  }));
}

/** A default as the table shows it. */
function shown(specification: { default?: string | number | boolean }): string {
  if (!('default' in specification)) return 'required';
  return specification.default === undefined ? '' : `\`${specification.default}\``;
}

const byName = (rows: Row[]) => rows.toSorted((a, b) => (a.name < b.name ? -1 : 1));

describe('docs/configuration.md', () => {
  const rows = rowsUnder('## Api and worker');
  const ofLocalMode = rowsUnder('## Local mode');

  it('has every variable once, with its default, and no other', () => {
    const read = Object.entries(variables).map(([name, specification]) => ({
      name,
      shownDefault: shown(specification),
    }));
    expect(byName(rows)).toEqual(byName(read));
  });

  it('has the variables of local mode in a table of their own', () => {
    expect(ofLocalMode.map(({ name }) => name)).toContain('DATA_DIR');
    for (const { name } of ofLocalMode) expect(variables).not.toHaveProperty(name);
  });
});
