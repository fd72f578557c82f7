import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimDataDir, localJwtSecret, localPusherKeys } from './data-dir.js';

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
