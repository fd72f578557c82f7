import { readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { assetFolders, vendorFiles } from './folders.js';

/** A file that may be asked for. */
export interface Asset {
  path: string;
  type: string;
}

const types: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Every file under /demo/assets by its address there. What is not in the table cannot be reached, whatever is asked. */
export function assetTable(): Map<string, Asset> {
  const table = new Map<string, Asset>();
  const add = (address: string, path: string) => {
    const type = types[extname(path)];
    if (type) table.set(address, { path, type });
  };
  for (const [folder, place] of Object.entries(assetFolders))
    for (const name of readdirSync(place)) add(`${folder}/${name}`, join(place, name));
  for (const [name, path] of Object.entries(vendorFiles)) add(`vendor/${name}`, path);
  return table;
}
