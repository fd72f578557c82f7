import { livingProcess, removePidFile } from './pid-file.js';
import { until } from './until.js';

const PATIENCE_MS = 8_000;

async function stopLeftover(dataDir: string, name: string, pid: number): Promise<void> {
  const isGone = async () => (await livingProcess(dataDir, name)) === undefined;
  process.kill(pid, 'SIGTERM');
  try {
    await until(isGone, { what: `the ${name} left over (pid ${pid}) to stop`, withinMs: PATIENCE_MS });
  } catch {
    process.kill(pid, 'SIGKILL');
    await until(isGone, { what: `the ${name} left over (pid ${pid}) to die`, withinMs: PATIENCE_MS });
  }
}

/**
 * Stops, in this order, what an earlier start on the same data directory left running when it was killed.
 * Two servers on one data directory would ruin it.
 */
export async function stopLeftovers(
  dataDir: string,
  names: readonly string[],
  onLog: (line: string) => void,
): Promise<void> {
  for (const name of names) {
    const pid = await livingProcess(dataDir, name);
    if (pid !== undefined) {
      onLog(`stopping the ${name} that an earlier start left running (pid ${pid})`);
      await stopLeftover(dataDir, name, pid);
    }
    await removePidFile(dataDir, name);
  }
}
