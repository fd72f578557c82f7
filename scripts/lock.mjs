import { createHash } from 'node:crypto';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 200;

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function ownerOf(lock) {
  try {
    return Number(readFileSync(lock, 'utf8'));
  } catch {
    return undefined;
  }
}

function tryLock(lock) {
  const draft = `${lock}.${process.pid}`;
  writeFileSync(draft, String(process.pid));
  try {
    // A link appears with its content, so nobody reads a lock without an owner.
    linkSync(draft, lock);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(draft);
  }
}

/** Lets one process of this checkout at a time do the work: two installs at once would break each other. */
export async function oneAtATime(work) {
  const checkout = createHash('sha256').update(process.cwd()).digest('hex').slice(0, 12);
  const lock = join(tmpdir(), `goalpost-setup-${checkout}.lock`);
  while (!tryLock(lock)) {
    const owner = ownerOf(lock);
    if (owner && isAlive(owner)) await delay(POLL_MS);
    else rmSync(lock, { force: true });
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}
