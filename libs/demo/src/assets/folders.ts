import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const publicPath = join('libs', 'demo', 'public');

/** The root of the source tree: compiled code runs below it too, but no page is ever copied to dist. */
function sourceRoot(from: string): string {
  if (existsSync(join(from, publicPath))) return from;
  const above = dirname(from);
  if (above === from) throw new Error(`there is no ${publicPath} above ${import.meta.url}`);
  return sourceRoot(above);
}

const root = sourceRoot(dirname(fileURLToPath(import.meta.url)));

/** Where the pages and what they are made of lie. */
export const publicFolder = join(root, publicPath);

/** Folders under /demo/assets, each with the one folder on disk that it shows. */
export const assetFolders: Record<string, string> = {
  page: join(publicFolder, 'page'),
  goals: join(publicFolder, 'goals'),
  overlay: join(publicFolder, 'overlay'),
  'viewer-client': join(root, 'libs', 'viewer-client', 'src'),
};

/** Files of other people's packages that the pages load. */
export const vendorFiles: Record<string, string> = {
  'pusher.js': join(root, 'node_modules', 'pusher-js', 'dist', 'web', 'pusher.min.js'),
  'nacl.js': join(root, 'node_modules', 'tweetnacl', 'nacl-fast.min.js'),
};
