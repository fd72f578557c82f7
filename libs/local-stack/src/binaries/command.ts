import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs a program to its end; when it fails, the error says what it last complained about. */
export async function runCommand(
  command: string,
  args: string[],
  signal?: AbortSignal,
  env?: NodeJS.ProcessEnv,
): Promise<string> {
  try {
    return (await execute(command, args, { signal, env })).stdout;
  } catch (error) {
    signal?.throwIfAborted();
    const failure = error as NodeJS.ErrnoException & { stderr?: string };
    if (failure.code === 'ENOENT') throw new Error(`there is no ${command} on PATH`, { cause: error });
    const complaint = failure.stderr?.trim().split('\n').at(-1);
    throw new Error(complaint || failure.message, { cause: error });
  }
}
