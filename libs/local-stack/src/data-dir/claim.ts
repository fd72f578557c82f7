import { link, rm, writeFile } from 'node:fs/promises';
import { livingProcess, pidEntry, pidFile, removePidFile } from '../processes/pid-file.js';

const NAME = 'start';

async function tryClaim(dataDir: string): Promise<boolean> {
  const draft = pidFile(dataDir, `${NAME}-${process.pid}`);
  await writeFile(draft, await pidEntry(process.pid));
  try {
    // A link appears with its content or not at all, so nobody can read a claim that is half written.
    await link(draft, pidFile(dataDir, NAME));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/**
 * Claims the data directory for this process alone and answers how to give it back. A claim whose owner was
 * killed is taken over; a living owner is an error that names it.
 */
export async function claimDataDir(dataDir: string): Promise<() => Promise<void>> {
  while (!(await tryClaim(dataDir))) {
    const owner = await livingProcess(dataDir, NAME);
    if (owner !== undefined) {
      throw new Error(
        `${dataDir} is in use by another npm start (pid ${owner}); stop that one, or set DATA_DIR to another directory`,
      );
    }
    await removePidFile(dataDir, NAME);
  }
  return () => removePidFile(dataDir, NAME);
}
