import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file below /overlay/assets. */
export interface PageFile {
  path: string;
  type: string;
}

const beside = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const { resolve } = createRequire(import.meta.url);

/** The folder of the pages: that of the sources, or its copy beside the built code. */
export const publicFolder = beside('../../public');

/** The copy has the viewer client within it. */
const viewerClient = [join(publicFolder, 'viewer-client'), beside('../../../viewer-client/src')].find(
  existsSync,
);

/** The files of Inter. */
const subsets = ['latin', 'latin-ext', 'cyrillic', 'cyrillic-ext', 'greek', 'greek-ext', 'vietnamese'];

/** The fonts of Asia by their style sheets; fonts.js says which text needs which. */
const styleSheets: Record<string, string> = {
  'noto-sans-jp': '@fontsource-variable/noto-sans-jp/wght.css',
  'noto-sans-kr': '@fontsource-variable/noto-sans-kr/wght.css',
  'noto-sans-sc': '@fontsource-variable/noto-sans-sc/wght.css',
};

const contentTypes: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** Every file below /overlay/assets by its path there. Only files in this table are served. */
export function pageFiles(): Map<string, PageFile> {
  const files = new Map<string, PageFile>();
  const add = (name: string, path: string) => {
    const type = contentTypes[extname(path)];
    if (type) files.set(name, { path, type });
  };
  const folders = {
    overlay: join(publicFolder, 'overlay'),
    studio: join(publicFolder, 'studio'),
    'viewer-client': viewerClient!,
  };
  for (const [folder, path] of Object.entries(folders))
    for (const name of readdirSync(path)) add(`${folder}/${name}`, join(path, name));
  add('vendor/pusher.js', resolve('pusher-js/dist/web/pusher.min.js'));
  for (const subset of subsets)
    add(
      `font/inter-${subset}.woff2`,
      resolve(`@fontsource-variable/inter/files/inter-${subset}-wght-normal.woff2`),
    );
  // The whole font. The smaller files beside it have their pictures as SVG only, of which Chromium draws nothing.
  add(
    'font/noto-color-emoji.woff2',
    resolve('@fontsource/noto-color-emoji/files/noto-color-emoji-emoji-400-normal.woff2'),
  );
  for (const [name, sheet] of Object.entries(styleSheets)) {
    const path = resolve(sheet);
    add(`${name}.css`, path);
    const slices = join(dirname(path), 'files');
    for (const slice of readdirSync(slices)) add(`files/${slice}`, join(slices, slice));
  }
  return files;
}
