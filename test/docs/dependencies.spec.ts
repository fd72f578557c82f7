import { readFileSync } from 'node:fs';

const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<
  'dependencies' | 'devDependencies',
  Record<string, string>
>;
const page = readFileSync('docs/dependencies.md', 'utf8');
const lockFile = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Record<string, { version?: string; resolved?: string }>;
};

/** The packages of the table below a heading. */
function listedUnder(heading: string): string[] {
  const [, section = ''] = page.split(`\n## ${heading}\n`);
  return [...section.split('\n## ')[0]!.matchAll(/^\| `([^`]+)`/gm)].map(([, name = '']) => name);
}

describe('docs/dependencies.md', () => {
  it.each([
    ['What the service runs on', dependencies],
    ['What builds and tests it', devDependencies],
  ])('%s: has every package, and no other', (heading, packages) => {
    expect(listedUnder(heading).toSorted()).toEqual(Object.keys(packages).toSorted());
  });

  it('tells the rule that package.json keeps: each version is pinned, and is the one of the lock file', () => {
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies }))
      expect([name, lockFile.packages[`node_modules/${name}`]?.version]).toEqual([name, version]);
  });

  it('has one version of each package of OpenTelemetry that moves with the others', () => {
    const versions = ['context-async-hooks', 'resources', 'sdk-trace-node'].map(
      (name) => dependencies[`@opentelemetry/${name}`],
    );
    expect(new Set(versions).size).toBe(1);
    const boards = ['api', 'fastify', 'ui'].map((name) => dependencies[`@bull-board/${name}`]);
    expect(new Set(boards).size).toBe(1);
  });
});
