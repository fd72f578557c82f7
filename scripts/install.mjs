import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { runChild } from './child.mjs';

const NODE = 'node_modules/node/bin/node';

/** The Node of the devDependencies, or the one that runs this if it is not installed. */
export function nodeBinary() {
  return existsSync(NODE) ? NODE : process.execPath;
}

function packagesIn(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages ?? {};
  } catch {
    return {};
  }
}

/** Compares the lock file with npm's own record of what it installed last, which it writes as its last step. */
function isInstalled() {
  const installed = packagesIn('node_modules/.package-lock.json');
  return Object.entries(packagesIn('package-lock.json')).every(([path, { version, optional }]) => {
    if (path === '') return true;
    return installed[path] ? installed[path].version === version : optional === true;
  });
}

function npm() {
  const launcher = process.env.npm_execpath ?? '';
  return basename(launcher).startsWith('npm') ? [process.execPath, launcher] : ['npm'];
}

/** Installs the dependencies if they are missing or are not those of the lock file. */
export async function ensureInstalled() {
  if (isInstalled()) return;
  console.log('installing dependencies (npm ci), a minute or so the first time');
  const [command, ...args] = npm();
  const exitCode = await runChild(command, [...args, 'ci', '--no-audit', '--no-fund', '--loglevel', 'error']);
  if (exitCode !== 0) throw new Error(`npm ci ended with ${exitCode}`);
}
