#!/usr/bin/env node
/** The command of operators. It runs what is built, and neither installs nor builds anything. */
import { existsSync } from 'node:fs';

const main = new URL('../dist/apps/cli/src/main.js', import.meta.url);

if (existsSync(main)) {
  process.setSourceMapsEnabled(true);
  await import(main.href);
} else {
  console.error('goalpost: nothing is built here; run npm start or npm run build once');
  process.exitCode = 1;
}
