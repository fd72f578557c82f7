import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  claimDataDir,
  localJwtSecret,
  localPusherKeys,
  prepareDataDir,
  runningStores,
  writeStores,
} from './data-dir.js';

describe('a data directory', () => {
  let dir: string;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'goalpost-data-'));
  });

  afterEach(() => rm(dir, { recursive: true }));

  it('belongs to one start at a time', async () => {
    const release = await claimDataDir(dir);
    await expect(claimDataDir(dir)).rejects.toThrow(`in use by another npm start (pid ${process.pid})`);
    await release();
    await (
      await claimDataDir(dir)
    )();
  });

  it('is taken over from an owner whose number now belongs to a stranger', async () => {
    await writeFile(join(dir, 'start.pid'), JSON.stringify({ pid: process.pid, identity: 'long ago' }));
    await (
      await claimDataDir(dir)
    )();
  });

  it('is taken over from a note that cannot be read', async () => {
    await writeFile(join(dir, 'start.pid'), '');
    await (
      await claimDataDir(dir)
    )();
  });

  it('is not taken over, nor waited for, if its claim cannot be removed', async () => {
    await mkdir(join(dir, 'start.pid', 'kept'), { recursive: true });
    await expect(claimDataDir(dir)).rejects.toThrow('start.pid');
  });

  it('is made with all that leads to it', async () => {
    const deep = join(dir, 'a', 'b');
    await prepareDataDir(deep);
    await prepareDataDir(deep);
    expect((await stat(deep)).isDirectory()).toBe(true);
  });

  it('is refused if it, or a part of its path, is a file', async () => {
    const file = join(dir, 'file');
    await writeFile(file, '');
    for (const path of [file, join(file, 'below')])
      await expect(prepareDataDir(path)).rejects.toThrow(
        `DATA_DIR ${path} cannot be used: it, or a part of its path, is a file; set DATA_DIR`,
      );
  });

  (process.platform === 'linux' ? it : it.skip)(
    'is refused on a file system that holds no directories of ours',
    async () => {
      await expect(prepareDataDir('/proc/goalpost/data')).rejects.toThrow(
        'DATA_DIR /proc/goalpost/data cannot be used',
      );
    },
  );

  it('lets its owner alone find the stores, while a start runs', async () => {
    const stores = { MONGO_URL: 'mongodb://127.0.0.1:1/goalpost', REDIS_URL: 'redis://127.0.0.1:2' };
    await writeStores(dir, stores);
    await expect(runningStores(dir)).rejects.toThrow(`no npm start runs on ${dir}`);
    const release = await claimDataDir(dir);
    expect(await runningStores(dir)).toEqual(stores);
    expect((await stat(join(dir, 'stores.json'))).mode & 0o777).toBe(0o600);
    await release();
  });

  it('keeps the keys of its Pusher app', async () => {
    const keys = await localPusherKeys(dir);
    expect(await localPusherKeys(dir)).toEqual(keys);
    expect(keys.key).not.toBe(keys.secret);
  });

  it('keeps one secret, which only its owner may read', async () => {
    const secret = await localJwtSecret(dir);
    expect(await localJwtSecret(dir)).toBe(secret);
    expect(secret.length).toBeGreaterThanOrEqual(32);
    expect((await stat(join(dir, 'jwt-secret'))).mode & 0o777).toBe(0o600);
  });
});
