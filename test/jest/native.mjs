/**
 * Runs a test file in plain Node, by jest's own test runner: what the file imports is loaded once for all files of a
 * process, where jest would evaluate all of it anew for each of them.
 */
import { createRequire, registerHooks, setSourceMapsSupport } from 'node:module';
import { pathToFileURL } from 'node:url';
import 'reflect-metadata';
import packageJson from '../../package.json' with { type: 'json' };
import '../../scripts/typescript.mjs';
import '../sharding/recorder.mjs';

const require = createRequire(import.meta.url);
const { default: circus } = require('jest-circus/runner');
const root = new URL('../../', import.meta.url);
const jestGlobals = new URL('globals.mjs', import.meta.url).href;

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === '@jest/globals') return { url: jestGlobals, format: 'module', shortCircuit: true };
    const source = packageJson.imports[specifier]?.source;
    if (source) return { url: new URL(source, root).href, format: 'module', shortCircuit: true };
    return next(specifier, context);
  },
});

/** What the runner needs of jest's module system. */
const runtime = {
  /** The runner keeps the tests of a file in its own module: a new one for each file. */
  requireInternalModule(path) {
    delete require.cache[path];
    delete globalThis[Symbol.for('EVENT_HANDLERS')];
    return require(path);
  },
  requireModule: require,
  unstable_shouldLoadAsEsm: () => true,
  unstable_importModule: (path) => import(pathToFileURL(path).href),
  setGlobalsForRuntime() {},
  enterTestCode() {},
  leaveTestCode() {},
};

/** A `testRunner` of jest; see {@link runtime}. */
export default function runNatively(
  globalConfig,
  config,
  environment,
  _runtime,
  testPath,
  sendMessageToJest,
) {
  // Jest maps only the stacks of what it has compiled itself.
  Error.prepareStackTrace = undefined;
  setSourceMapsSupport(true);
  return circus(globalConfig, config, environment, runtime, testPath, sendMessageToJest);
}
