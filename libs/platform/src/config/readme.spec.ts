import { readFileSync } from 'node:fs';
import { variables } from './variables.js';

const readme = readFileSync(new URL('../../../../README.md', import.meta.url), 'utf8');

interface Row {
  name: string;
  standard: string;
}

/** The rows of the tables between a heading and the next one, of whatever depth. */
function rowsUnder(heading: string): Row[] {
  const [, section = ''] = readme.split(`\n${heading}\n`);
  const [text = ''] = section.split(/\n#+ /);
  return [...text.matchAll(/^\| *`(\w+)` *\|([^|]*)\|/gm)].map(([, name = '', standard = '']) => ({
    name,
    standard: standard.trim(),
  }));
}

/** A default as the table shows it. */
function shown(specification: { default?: string | number | boolean }): string {
  if (!('default' in specification)) return 'required';
  return specification.default === undefined ? '' : `\`${specification.default}\``;
}

const byName = (rows: Row[]) => rows.toSorted((a, b) => (a.name < b.name ? -1 : 1));

describe('the configuration in README.md', () => {
  const rows = rowsUnder('## Configuration');
  const ofLocalMode = rowsUnder("### Local mode's own");

  it('has every variable once, with its default, and no other', () => {
    const read = Object.entries(variables).map(([name, specification]) => ({
      name,
      standard: shown(specification),
    }));
    expect(byName(rows)).toEqual(byName(read));
  });

  it("has local mode's own variables in a table of their own", () => {
    expect(ofLocalMode.map(({ name }) => name)).toContain('DATA_DIR');
    for (const { name } of ofLocalMode) expect(variables).not.toHaveProperty(name);
  });
});
