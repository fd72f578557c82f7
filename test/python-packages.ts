import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDir } from '#local-stack';

const execute = promisify(execFile);
const pip = ['-m', 'pip', '--disable-pip-version-check', '--no-input'];

/** The variables under which python3 finds installed packages. */
export type PythonEnv = { PYTHONPATH: string };

async function complaintOf(args: string[]): Promise<string | undefined> {
  try {
    await execute('python3', args, { timeout: 300_000 });
    return undefined;
  } catch (error) {
    const { code, stderr, message } = error as NodeJS.ErrnoException & { stderr?: string };
    if (code === 'ENOENT') return 'there is no python3 on PATH';
    return stderr?.trim().split('\n').at(-1) || message;
  }
}

/**
 * Python packages of these exact versions, from the cache or, the first time, from the package index. Where they cannot be
 * had, the reason: a test is then skipped with it.
 */
export async function pythonPackages(name: string, pinned: string[]): Promise<PythonEnv | string> {
  const version = await execute('python3', ['-c', 'import sys; print(sys.version_info[:2])']).catch(
    () => undefined,
  );
  if (!version) return 'there is no python3 on PATH';
  const hash = createHash('sha256')
    .update(`${version.stdout}${pinned.join('\n')}`)
    .digest('hex')
    .slice(0, 12);
  const kept = join(cacheDir(), `${name}-${hash}`);
  if (existsSync(kept)) return { PYTHONPATH: kept };
  const lacking = await complaintOf(['-m', 'pip', '--version']);
  if (lacking) return 'python3 has no pip';
  await mkdir(cacheDir(), { recursive: true });
  const draft = await mkdtemp(join(cacheDir(), 'download-'));
  try {
    const [wanted] = pinned;
    await writeFile(join(draft, 'constraints.txt'), pinned.join('\n'));
    const from = ['--only-binary', ':all:', '--constraint', join(draft, 'constraints.txt')];
    const quickly = ['--quiet', '--timeout', '15', '--retries', '1'];
    const to = ['--target', join(draft, 'packages')];
    const complaint = await complaintOf([...pip, 'install', ...quickly, ...from, ...to, wanted!]);
    if (complaint) return `pip does not install ${wanted}: ${complaint}`;
    // Whoever was faster has the same packages there.
    await rename(join(draft, 'packages'), kept).catch((error: unknown) => {
      if (!existsSync(kept)) throw error;
    });
    return { PYTHONPATH: kept };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
