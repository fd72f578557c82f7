import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { until } from './client.js';
import { environmentOf, freePort } from './process.js';
import { useService } from './service.js';

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
