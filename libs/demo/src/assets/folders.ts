import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the package: compiled code runs below it too, but no page is ever copied to dist. */
function packageRoot(from: string): string {
  return existsSync(join(from, 'package.json')) || dirname(from) === from ? from : packageRoot(dirname(from));
}

const root = packageRoot(dirname(fileURLToPath(import.meta.url)));

/** Where the pages and what they are made of lie. */
export const publicFolder = join(root, 'libs', 'demo', 'public');

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
