import { goalPatterns } from '#contracts';
import { readFileSync, writeFileSync } from 'node:fs';
import { callers } from './access-callers.js';
import { accessMatrix } from './access-matrix.js';
import { AccessScene } from './access-scene.js';

describe('who may do what', () => {
  let scene: AccessScene;
  beforeAll(async () => {
    scene = await AccessScene.build();
  });
  afterAll(() => scene?.stop());

  it.each(accessMatrix)('$call', async ({ request, statuses }) => {
    const seen: [string, number][] = [];
    for (const caller of callers) seen.push([caller, await scene.status(caller, request(scene))]);
    expect(seen).toEqual(callers.map((caller, index) => [caller, statuses[index]]));
  });

  it('is said of every endpoint and every message that there is', async () => {
    const answer = await fetch(`${scene.service.baseUrl}/docs-json`);
    const { paths } = (await answer.json()) as { paths: Record<string, object> };
    const endpoints = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const messages = Object.values(goalPatterns).map((pattern) => `message ${pattern}`);
    const said = accessMatrix.map(({ call }) => call.split(',')[0]);
    expect([...endpoints, ...messages].filter((call) => !said.includes(call))).toEqual([]);
  });
});

describe('docs/security.md', () => {
  const path = new URL('../docs/security.md', import.meta.url);
  const [start, end] = ['<!-- the table of test/access-matrix.ts -->\n\n', '\n\n<!-- its end -->'];

  /** The matrix as a table, each column as wide as its widest cell. */
  function table(): string {
    const cells = [
      ['call', ...callers],
      ...accessMatrix.map(({ call, statuses }) => [call, ...statuses.map(String)]),
    ];
    const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
    const lines = cells.map(
      (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`,
    );
    const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
    return [lines[0], rule, ...lines.slice(1)].join('\n');
  }

  it('has this table; WRITE_DOCS=1 writes it there', () => {
    const text = readFileSync(path, 'utf8');
    const [before, rest = ''] = text.split(start);
    const [shown, after] = rest.split(end);
    if (process.env.WRITE_DOCS) writeFileSync(path, before + start + table() + end + after);
    else expect(shown).toBe(table());
  });
});
