import { globSync, readFileSync } from 'node:fs';

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

  it('is of one version of Node, the one of .nvmrc', () => {
    const [major] = textOf('.nvmrc').trim().split('.');
    for (const stage of stages)
      expect(stage).toMatch(new RegExp(`^node:${major}[.\\w-]*-slim( AS \\w+)?\\n`));
  });

  it('runs as a user without rights, knows its health, and has the command', () => {
    const last = stages.at(-1);
    expect(last).toMatch(/^USER node$/m);
    expect(last).toMatch(/^HEALTHCHECK /m);
    expect(last).toMatch(/^RUN ln -s \/app\/bin\/goalpost\.mjs \/usr\/local\/bin\/goalpost$/m);
    expect(last).toContain('org.opencontainers.image.title="goalpost"');
  });

  it('keeps to the rules of hadolint that need no shell parser', () => {
    const text = textOf('Dockerfile');
    // DL3007, DL3006: a tag that is not latest. DL3020: COPY, not ADD. DL3025: CMD as a list. DL3000: WORKDIR is absolute.
    for (const [, image = ''] of text.matchAll(/^FROM (\S+)/gm)) expect(image).toMatch(/:(?!latest)/);
    expect(text).not.toMatch(/^(ADD|MAINTAINER) /m);
    expect(text).not.toMatch(/^RUN .*\b(sudo|cd)\b/m);
    for (const [, command = ''] of text.matchAll(/^(?:CMD|ENTRYPOINT) (.*)$/gm))
      expect(() => void JSON.parse(command)).not.toThrow();
    for (const [, path = ''] of text.matchAll(/^WORKDIR (.*)$/gm)) expect(path).toMatch(/^\//);
    // DL3016, DL3059 and the cache: nothing is installed but what the lock file says, with a cache that is no layer.
    expect(text).not.toMatch(/npm install/);
    for (const [line] of text.matchAll(/^RUN .*npm ci.*$/gm)) expect(line).toContain('--mount=type=cache');
  });
});

describe('docker-compose.yml', () => {
  const text = textOf('docker-compose.yml');

  it('names a version of each image', () => {
    const images = [...text.matchAll(/^ +image: (\S+)$/gm)].map(([, image = '']) => image);
    for (const image of images.filter((name) => !name.startsWith('goalpost')))
      expect(image).toMatch(/:v?\d+\.\d+\.\d+/);
  });

  it('takes only variables that .env.example has', () => {
    const known = new Set(
      [...textOf('.env.example').matchAll(/^(?:# )?([A-Z_]+)=/gm)].map(([, name]) => name),
    );
    const asked = [...text.matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
  });
});
