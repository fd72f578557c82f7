/** Runs the local stack and compiles on change; the api and the worker restart when what they import has changed. */
import { spawn } from 'node:child_process';
import { forgetBuild } from './build.mjs';
import { runChild } from './child.mjs';
import { nodeBinary } from './install.mjs';

/** `mode` is watch, or debug, in which both processes listen for a debugger as well. */
export async function runDev(mode) {
  forgetBuild();
  const compiler = spawn(
    nodeBinary(),
    ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--watch', '--preserveWatchOutput'],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  try {
    const env = { ...process.env, DEV_MODE: mode };
    return await runChild(nodeBinary(), ['--enable-source-maps', 'dist/apps/local/src/main.js'], {
      channel: true,
      env,
    });
  } finally {
    compiler.kill();
  }
}
