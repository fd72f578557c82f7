import { existsSync, readdirSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file below /demo/assets. */
export interface Asset {
  path: string;
  type: string;
}

// Compiled code runs in dist, but the pages are never copied there.
const root = packageRoot(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');

/** The folder of the pages with their scripts and styles. */
export const publicFolder = join(root, 'libs', 'demo', 'public');

const folders = {
  page: join(publicFolder, 'page'),
  goals: join(publicFolder, 'goals'),
  'viewer-client': join(root, 'libs', 'viewer-client', 'src'),
};

const vendorFiles = {
  'pusher.js': join(modules, 'pusher-js', 'dist', 'web', 'pusher.min.js'),
  'nacl.js': join(modules, 'tweetnacl', 'nacl-fast.min.js'),
};

const contentTypes: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Every file below /demo/assets by its path there. Only files in this table are served. */
export function assetTable(): Map<string, Asset> {
  const table = new Map<string, Asset>();
  const add = (urlPath: string, path: string) => {
    const type = contentTypes[extname(path)];
    if (type) table.set(urlPath, { path, type });
  };
  for (const [folder, dir] of Object.entries(folders))
    for (const name of readdirSync(dir)) add(`${folder}/${name}`, join(dir, name));
  for (const [name, path] of Object.entries(vendorFiles)) add(`vendor/${name}`, path);
  return table;
}

function packageRoot(from: string): string {
  return existsSync(join(from, 'package.json')) || dirname(from) === from ? from : packageRoot(dirname(from));
}
