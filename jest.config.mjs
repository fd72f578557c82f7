import { availableParallelism } from 'node:os';

/** Judge by a clock, or need most of the machine: they run one at a time, with no other file beside them. */
const alone = [
  'election',
  'last-release',
  'launcher',
  'leaderboard-rebuild',
  'limits-load',
  'pusher-server',
  'readiness',
  'rolling-restart',
  'sweep',
  'timers',
  'webhooks',
].map((name) => `<rootDir>/test/${name}.e2e.ts`);

/** Runs the files in plain Node, see docs/decisions/0057-tests-in-plain-node.md. */
const project = {
  rootDir: '.',
  testEnvironment: '<rootDir>/test/jest/environment.mjs',
  testRunner: '<rootDir>/test/jest/native.mjs',
  transform: {},
};

/** Tests that need no server. */
export const unit = { ...project, displayName: 'unit', testMatch: ['<rootDir>/{libs,test}/**/*.spec.ts'] };

export default {
  projects: [
    unit,
    // Stories on real servers; each service has a database and a key prefix of its own.
    {
      ...project,
      displayName: 'story',
      testMatch: ['<rootDir>/test/**/*.e2e.ts', ...alone.map((file) => file.replace('<rootDir>', '!**'))],
    },
    {
      ...project,
      displayName: 'alone',
      testMatch: alone,
      runner: '<rootDir>/test/jest/one-at-a-time.mjs',
    },
  ],
  testTimeout: 30_000,
  maxWorkers: Math.max(2, Math.floor(availableParallelism() / 2)),
  // What a file leaves in memory stays in the process that ran it.
  workerIdleMemoryLimit: '1GB',
  testSequencer: '<rootDir>/test/jest/longest-first.mjs',
};
