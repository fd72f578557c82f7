import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runChild } from './child.mjs';
import { nodeBinary } from './install.mjs';
import { copyPages } from './pages.mjs';

const STAMP = 'dist/.built-from';
const SETTINGS = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];

function sources() {
  return ['apps', 'libs']
    .flatMap((root) =>
      readdirSync(root, { recursive: true })
        .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
        .map((file) => join(root, file)),
    )
    .toSorted((a, b) => (a < b ? -1 : 1));
}

/** By content, not by time: a checkout or a copy changes the times of files. */
function fingerprint() {
  const hash = createHash('sha256');
  for (const file of [...SETTINGS, ...sources()]) hash.update(`${file}\0`).update(readFileSync(file));
  return hash.digest('hex');
}

function lastBuild() {
  try {
    return readFileSync(STAMP, 'utf8');
  } catch {
    return '';
  }
}

/** Makes the next run compile: somebody else is about to write to dist. */
export function forgetBuild() {
  writeFileSync(STAMP, '');
}

/** Compiles the tree if it has changed since the last build. */
export async function ensureBuilt() {
  copyPages();
  const wanted = fingerprint();
  if (lastBuild() === wanted) return;
  console.log('building');
  mkdirSync('dist', { recursive: true });
  forgetBuild();
  const exitCode = await runChild(nodeBinary(), [
    'node_modules/typescript/bin/tsc',
    '-p',
    'tsconfig.build.json',
  ]);
  if (exitCode !== 0) throw new Error(`the build ended with ${exitCode}`);
  writeFileSync(STAMP, wanted);
}
