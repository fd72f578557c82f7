import { jest, mocker } from './globals.mjs';

/** The `testEnvironment` of files that run in plain Node: its globals are those of the process. */
export default class NativeEnvironment {
  global = globalThis;
  fakeTimers = null;
  fakeTimersModern = null;
  moduleMocker = mocker;
  #before = { env: { ...process.env }, console: globalThis.console, exit: Reflect.get(process, 'exit') };

  async setup() {}

  /** Puts back what jest or the file has changed. */
  async teardown() {
    const { env, console, exit } = this.#before;
    jest.restoreAllMocks();
    jest.useRealTimers();
    globalThis.console = console;
    process.exit = exit;
    for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
    Object.assign(process.env, env);
  }

  exportConditions() {
    return ['source', 'node', 'node-addons'];
  }

  /** There is none; jest wants the method. */
  getVmContext() {
    return null;
  }
}
