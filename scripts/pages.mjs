/** Puts the pages of the overlay beside the built code, so that `dist` runs without the sources. */
import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'dist/libs/overlay/public');
const viewerClient = join(root, 'libs/viewer-client/src');

/** Copies them. */
export function copyPages() {
  mkdirSync(join(target, 'viewer-client'), { recursive: true });
  cpSync(join(root, 'libs/overlay/public'), target, { recursive: true });
  for (const name of readdirSync(viewerClient).filter((file) => file.endsWith('.js')))
    cpSync(join(viewerClient, name), join(target, 'viewer-client', name));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) copyPages();
