import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesIn, cacheDir, provision, type DownloadSource } from './provision.js';

const works = "#!/bin/sh\necho 'v1'\n";
const cannotRun = '#!/bin/sh\necho "libcrypto.so.3 is missing" >&2\nexit 127\n';

function source(title: string, script: string | Error): DownloadSource & { downloads: number } {
  return {
    title,
    remedy: `mend ${title}`,
    cacheName: title,
    downloads: 0,
    async download(dir) {
      this.downloads += 1;
      if (script instanceof Error) throw script;
      const path = join(dir, 'program');
      await writeFile(path, script);
      await chmod(path, 0o755);
      return path;
    },
  };
}

const binary = (...sources: DownloadSource[]) => ({
  title: 'server',
  namesOnPath: ['no-such-server'],
  variable: 'SERVER_URL',
  sources,
});

describe('provision', () => {
  const before = process.env.GOALPOST_CACHE;
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'goalpost-cache-'));
    process.env.GOALPOST_CACHE = root;
  });

  afterEach(async () => {
    if (before === undefined) delete process.env.GOALPOST_CACHE;
    else process.env.GOALPOST_CACHE = before;
    await rm(root, { recursive: true });
  });

  it('takes a program on PATH before it downloads one', async () => {
    const unused = source('unused', works);
    const path = await provision({ ...binary(unused), namesOnPath: ['no-such-server', 'sh'] });
    expect(path).toMatch(/\/sh$/);
    expect(unused.downloads).toBe(0);
  });

  it('downloads once, then takes what is cached', async () => {
    const once = source('once', works);
    const first = await provision(binary(once));
    expect(await provision(binary(once))).toBe(first);
    expect(once.downloads).toBe(1);
    expect(await readdir(cacheDir())).toEqual(['once']);
  });

  it('counts what has arrived', async () => {
    expect(await bytesIn(join(root, 'absent'))).toBe(0);
    await mkdir(join(root, 'below'));
    await writeFile(join(root, 'one'), '12345');
    await writeFile(join(root, 'below', 'other'), '123');
    expect(await bytesIn(root)).toBe(8);
  });

  it('goes on to the next source when one is refused or its program cannot run here', async () => {
    const lines: string[] = [];
    const path = await provision(
      binary(source('refused', new Error('403')), source('foreign', cannotRun), source('good', works)),
      { onLog: (line) => lines.push(line) },
    );
    expect(path).toBe(join(cacheDir(), 'good'));
    expect(lines).toContain('server: not from refused: 403');
    expect(lines).toContain('server: not from foreign: libcrypto.so.3 is missing');
  });

  it('names every source that failed and what to do', async () => {
    const failing = provision(
      binary(source('one', new Error('refused')), source('two', new Error('no python'))),
    );
    await expect(failing).rejects.toThrow(
      /PATH: .*SERVER_URL[^]*one: refused; mend one[^]*two: no python; mend two/,
    );
  });

  it('serves two callers at the same time', async () => {
    const both = source('both', works);
    const [first, second] = await Promise.all([provision(binary(both)), provision(binary(both))]);
    expect(first).toBe(second);
    expect(await readdir(cacheDir())).toEqual(['both']);
  });
});
