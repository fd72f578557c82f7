import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { until } from './client.js';
import { environmentOf, freePort } from './process.js';
import { useService } from './service.js';

const run = promisify(execFile);

/** Runs the launcher to its end. */
async function launched(...args: string[]) {
  const env = { PATH: process.env.PATH };
  const { code, stdout, stderr } = await run(process.execPath, ['scripts/run.mjs', ...args], { env }).then(
    (outputs) => ({ code: 0, ...outputs }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
  return { code, stdout, stderr };
}

describe('the launcher', () => {
  it.each(['start', 'api', 'worker'])('helps with %s, and starts nothing', async (mode) => {
    const { code, stdout } = await launched(mode, '--help');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^Usage: npm (run )?start/)]);
  });

  it('refuses an argument that it does not know', async () => {
    const { code, stderr } = await launched('start', '--prot=1');
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^goalpost: unknown argument '--prot=1'\n/)]);
  });

  it('says that a filter matches no test, and starts no server for it', async () => {
    const { code, stdout, stderr } = await launched('test', 'test/nothing.e2e.ts');
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: '0 passed, 0 failed\n',
      stderr: 'goalpost: no test file matches test/nothing.e2e.ts\n',
    });
  });
});

describe('a launcher that is stopped while it prepares', () => {
  it('says so, and ends as a program does that was interrupted', async () => {
    const script = `
      import { runChild, stopCode } from './scripts/child.mjs';
      const code = runChild(process.execPath, ['-e', 'process.on("SIGINT", () => process.exit(7)); console.log("up"); setInterval(() => {}, 1000)']);
      await code;
      console.log(stopCode());`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += String(chunk)));
    const closed = once(child, 'close');
    await until(async () => output.includes('up'));
    child.kill('SIGINT');
    await closed;
    expect(output).toBe('up\n130\n');
  });
});

describe.each(['api', 'worker'])('npm run start:%s, whose launcher is killed', (app) => {
  const service = useService({}, { apps: [], perTest: true });

  /** Starts it as npm does, and finds the process behind the launcher. */
  const launch = async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const launcher = spawn(process.execPath, ['scripts/run.mjs', app], {
      env: { ...environmentOf(service), LOG_LEVEL: 'info', PORT: new URL(url).port },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    launcher.stdout.on('data', (chunk) => (output += String(chunk)));
    // The process writes there too, so it ends once both are gone.
    let isGone = false;
    launcher.stdout.on('end', () => (isGone = true));
    const children = `/proc/${launcher.pid}/task/${launcher.pid}/children`;
    const pid = Number(await until(async () => (await readFile(children, 'utf8')).trim()));
    return { launcher, pid, url, isGone: () => isGone, output: () => output };
  };

  const killLauncher = async ({ launcher, pid, isGone }: Awaited<ReturnType<typeof launch>>) => {
    launcher.kill('SIGKILL');
    try {
      await until(async () => isGone(), 10_000);
    } catch (error) {
      process.kill(pid, 'SIGKILL');
      throw error;
    }
  };

  it('notices within a second, and stops in order', async () => {
    const started = await launch();
    await until(
      () =>
        fetch(`${started.url}/health/ready`)
          .then(({ ok }) => ok)
          .catch(() => false),
      30_000,
    );
    const killedAt = Date.now();
    await killLauncher(started);
    const lines = started
      .output()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, string>);
    const said = lines.find(({ msg }) => msg?.includes('stopping'));
    expect(said?.msg).toBe('the launcher is gone: stopping');
    expect(Date.parse(said!.time!) - killedAt).toBeLessThan(1_000);
    await expect(fetch(started.url)).rejects.toThrow('fetch failed');
  }, 60_000);

  it('does not stay while it boots', async () => {
    await killLauncher(await launch());
  }, 60_000);
});
