import { existsSync, globSync, readFileSync } from 'node:fs';

const textOf = (path: string) => readFileSync(path, 'utf8');

/** What the code exports, and how Prometheus names the parts of a histogram. */
const sources = globSync('{libs,apps}/**/*.ts').filter((path) => !path.endsWith('.spec.ts'));
const made = new Set(
  sources.flatMap((path) =>
    [...textOf(path).matchAll(/name: '(goalpost_\w+)',\n +help/g)].map(([, name = '']) => name),
  ),
);
const isMade = (name: string) => made.has(name) || made.has(name.replace(/_(bucket|count|sum)$/, ''));
const metricsIn = (text: string) => [...new Set(text.match(/\bgoalpost_[a-z_]+/g))];

const rules = textOf('deploy/prometheus/rules.yml');
const recorded = new Set([...rules.matchAll(/record: (\S+)/g)].map(([, name = '']) => name));
const recordsIn = (text: string) => [...new Set(text.match(/\bgoalpost:[\w:]+/g))];

describe('what deploy/ reads from Prometheus', () => {
  it.each([
    'deploy/prometheus/rules.yml',
    'deploy/prometheus/rules.test.yml',
    'deploy/grafana/goalpost.json',
    'deploy/kubernetes/autoscaling.yaml',
  ])('exists, as far as %s names it', (path) => {
    expect(metricsIn(textOf(path)).filter((name) => !isMade(name))).toEqual([]);
    expect(recordsIn(textOf(path)).filter((name) => !recorded.has(name))).toEqual([]);
  });

  it('is on the dashboard, each metric of the code', () => {
    const shown = textOf('deploy/grafana/goalpost.json');
    const used = recordsIn(shown).map(
      (name) => new RegExp(`record: ${name}\\n[^]*?(?=- record|- name)`).exec(rules)?.[0],
    );
    const named = metricsIn([shown, ...used].join('\n')).map((name) =>
      name.replace(/_(bucket|count|sum)$/, ''),
    );
    expect([...made].filter((name) => !named.includes(name))).toEqual([]);
  });
});

describe('the image', () => {
  const stages = textOf('Dockerfile')
    .split(/^FROM /m)
    .slice(1);

  it('is of the Node that the tests run on, pinned by one digest', () => {
    const { devDependencies } = JSON.parse(textOf('package.json')) as {
      devDependencies: Record<string, string>;
    };
    const bases = stages.map((stage) => stage.split(/\s/)[0]);
    expect(new Set(bases).size).toBe(1);
    expect(bases[0]).toMatch(/^node:[\d.]+-slim@sha256:[0-9a-f]{64}$/);
    expect(bases[0]).toContain(`node:${devDependencies.node}-slim`);
    expect(devDependencies.node!.split('.')[0]).toBe(textOf('.nvmrc').trim());
  });

  it('runs as a user without rights, knows its health, and has the command', () => {
    const last = stages.at(-1);
    expect(last).toMatch(/^USER 1000:1000$/m);
    expect(last).toMatch(/^HEALTHCHECK /m);
    expect(last).toMatch(/^RUN ln -s \/app\/bin\/goalpost\.mjs \/usr\/local\/bin\/goalpost$/m);
    expect(last).toContain('org.opencontainers.image.title="goalpost"');
  });

  it('copies only what exists and is not left out, and leaves it to root', () => {
    const ignored = textOf('.dockerignore').trim().split('\n');
    const copies = stages.flatMap((stage) =>
      [...stage.matchAll(/^COPY (.*)$/gm)].map(([, copy = '']) => copy),
    );
    expect(copies.length).toBeGreaterThan(5);
    expect(copies.filter((copy) => copy.includes('--chown'))).toEqual([]);
    const ofThisTree = copies.filter((copy) => !copy.startsWith('--from='));
    for (const path of ofThisTree.flatMap((copy) => copy.split(' ').slice(0, -1))) {
      expect([path, existsSync(path)]).toEqual([path, true]);
      expect(ignored).not.toContain(path.split('/')[0]);
    }
  });

  it('holds no secret, and installs what the lock file says, with a cache that is no layer', () => {
    const text = textOf('Dockerfile');
    expect(text).not.toMatch(/^(ARG|ENV) .*(SECRET|PASSWORD|TOKEN|MASTER_KEY)/m);
    expect(text).not.toMatch(/npm install/);
    for (const [line] of text.matchAll(/^RUN .*npm ci.*$/gm)) expect(line).toContain('--mount=type=cache');
  });
});

describe('docker-compose.yml', () => {
  const text = textOf('docker-compose.yml');

  it('names a version of each image, and its digest if that is known', () => {
    const images = [...text.matchAll(/^ +image: (\S+)$/gm)].map(([, image = '']) => image);
    for (const image of images.filter((name) => !name.startsWith('goalpost')))
      expect(image).toMatch(
        image.startsWith('sockudo/') ? /:\d+\.\d+\.\d+$/ : /:\d+\.\d+\.\d+@sha256:[0-9a-f]{64}$/,
      );
  });

  it('takes only variables that .env.example has', () => {
    const known = new Set(
      [...textOf('.env.example').matchAll(/^(?:# )?([A-Z_]+)=/gm)].map(([, name]) => name),
    );
    const asked = [...text.matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
  });
});
