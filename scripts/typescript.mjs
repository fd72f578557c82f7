/** Lets Node load TypeScript: each file is compiled as it is loaded. */
import { existsSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import swc from '@swc/core';
import { swcOptions } from './swc-options.mjs';

const compile = (source, filename) =>
  swc.transformSync(source, {
    filename,
    sourceMaps: 'inline',
    swcrc: false,
    ...swcOptions,
  }).code;

/** An import of `./x.js` means `x.ts` if only that exists. */
function sourceOf(specifier, parent) {
  if (!specifier.startsWith('.') || !specifier.endsWith('.js') || !parent) return undefined;
  const source = new URL(specifier.replace(/\.js$/, '.ts'), parent);
  return existsSync(source) ? source.href : undefined;
}

registerHooks({
  resolve(specifier, context, next) {
    const url = sourceOf(specifier, context.parentURL);
    return url ? { url, format: 'module', shortCircuit: true } : next(specifier, context);
  },
  load(url, context, next) {
    if (!url.endsWith('.ts')) return next(url, context);
    const path = fileURLToPath(url);
    return { format: 'module', source: compile(readFileSync(path, 'utf8'), path), shortCircuit: true };
  },
});
