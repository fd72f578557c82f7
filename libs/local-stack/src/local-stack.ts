import { mkdir } from 'node:fs/promises';
import { bringUp, type Mains } from './bring-up.js';
import { claimDataDir } from './data-dir/claim.js';
import { readSettings } from './settings.js';
import { Stack, STOP_REQUESTED } from './stack.js';

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function stopOnRequest(stack: Stack): void {
  const stop = () => stack.callOff(STOP_REQUESTED);
  for (const signal of STOP_SIGNALS) process.on(signal, stop);
  // The channel to the launcher closes when the launcher is killed; nobody would be left to ask for a stop.
  process.once('disconnect', stop);
}

async function run(stack: Stack, mains: Mains): Promise<void> {
  const settings = readSettings(process.env);
  await mkdir(settings.dataDir, { recursive: true });
  const release = await claimDataDir(settings.dataDir);
  try {
    await bringUp(stack, mains, settings, console.log);
    await stack.untilHalted();
  } catch (error) {
    stack.callOff(error);
  } finally {
    if (stack.halt.reason === STOP_REQUESTED) console.log('stopping');
    await stack.stop();
    await release();
  }
}

/**
 * Runs the whole of goalpost on this machine until it is told to stop or a part of it dies.
 * @returns the exit code: 0 after a stop that was asked for, 1 after anything else.
 */
export async function runLocalStack(mains: Mains): Promise<number> {
  const stack = new Stack();
  stopOnRequest(stack);
  await run(stack, mains).catch((error: unknown) => stack.callOff(error));
  const { reason } = stack.halt;
  if (reason === STOP_REQUESTED) return 0;
  console.error(`goalpost: ${reason instanceof Error ? reason.message : String(reason)}`);
  return 1;
}
