import { readFileSync } from 'node:fs';
import { goalRoutes } from '#goals';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** One line for each cross of the table: event, class and handler. */
function documentedRoutes(): string[] {
  const [, section = ''] = readme.split('\n## Events and handlers\n');
  const [text = ''] = section.split('\n## ');
  const [header = [], , ...rows] = text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  let event = '';
  return rows.flatMap(([eventCell = '', handler = '', ...crosses]) => {
    event = eventCell.replaceAll('`', '') || event;
    return crosses.flatMap((cross, column) =>
      cross === 'x' ? [`${event} ${header[column + 2]}Goal ${handler}`] : [],
    );
  });
}

function routesOfTheCode(): string[] {
  return Object.entries(goalRoutes).flatMap(([event, rows]) =>
    Object.entries(rows).flatMap(([goalClass, handlers]) =>
      handlers.map((handler) => `${event} ${goalClass} ${handler}`),
    ),
  );
}

describe('the table of events and handlers in README.md', () => {
  it('shows every route of the code once, and no other', () => {
    expect(documentedRoutes().toSorted()).toEqual(routesOfTheCode().toSorted());
  });
});
