import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild } from './child.js';
import { livingProcess, stopLeftovers } from './pid-file.js';

const ticks = 'setInterval(() => undefined, 1000);';
const deaf = (sign: string) =>
  `process.on('SIGTERM', () => undefined); require('fs').writeFileSync('${sign}', ''); ${ticks}`;

describe('a child process', () => {
  let dataDir: string;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'goalpost-child-'));
  });

  afterEach(() => rm(dataDir, { recursive: true }));

  const start = (script: string, isReady = async () => true, signal?: AbortSignal) =>
    startChild({
      name: 'child',
      command: process.execPath,
      args: ['-e', script],
      stdio: 'ignore',
      dataDir,
      isReady,
      readyWithinMs: 5_000,
      stopWithinMs: 300,
      signal,
    });

  it('stops when it is asked to, and leaves no pid file', async () => {
    const child = await start(ticks);
    expect(await livingProcess(dataDir, 'child')).toBe(child.pid);
    await child.stop();
    expect(await child.ended).toBe('was killed by SIGTERM');
    expect(await readdir(dataDir)).toEqual([]);
  });

  it('is killed when it does not stop in time', async () => {
    const sign = join(dataDir, 'is-deaf');
    const child = await start(deaf(sign), async () => existsSync(sign));
    await child.stop();
    expect(await child.ended).toBe('was killed by SIGKILL');
  });

  it('that dies before it is ready is an error', async () => {
    await expect(start('process.exit(3)', async () => false)).rejects.toThrow(
      'exited with code 3 before it was ready',
    );
  });

  it('is not left behind when its start is called off', async () => {
    const calledOff = new AbortController();
    const callOff = async () => {
      calledOff.abort();
      return false;
    };
    const starting = start(ticks, callOff, calledOff.signal);
    await expect(starting).rejects.toThrow('aborted');
    expect(await livingProcess(dataDir, 'child')).toBeUndefined();
  });

  it('that an earlier start left running is stopped by the next', async () => {
    const child = await start(ticks);
    const lines: string[] = [];
    await stopLeftovers(dataDir, ['other', 'child'], (line) => lines.push(line));
    expect(await child.ended).toBe('was killed by SIGTERM');
    expect(lines).toEqual([`stopping the child that an earlier start left running (pid ${child.pid})`]);
  });
});
