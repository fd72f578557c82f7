/**
 * Mutation tests of the pure rules: what decides, without a server. Each rule's unit specs stand beside it, and alone have to
 * notice what is changed in it. docs/testing.md says what is left out and explains what survives.
 */
export default {
  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  plugins: ['@stryker-mutator/jest-runner'],
  jest: { configFile: 'test/jest/mutation.config.mjs' },
  coverageAnalysis: 'perTest',
  mutate: [
    'libs/goals/src/goal/{rules,progress,goal.view}.ts',
    'libs/platform/src/events/event-routes.ts',
    'libs/platform/src/batching/batcher.ts',
    'libs/platform/src/mongo/paging.ts',
    'libs/platform/src/limits/*.ts',
    'libs/platform/src/config/*.ts',
    'libs/platform/src/queues/job-state.ts',
    'libs/viewer-client/src/*.js',
    '!**/*.spec.ts',
  ],
  thresholds: { high: 95, low: 90, break: 90 },
  concurrency: 2,
  timeoutMS: 10_000,
  reporters: ['clear-text', 'html', 'json'],
  clearTextReporter: { allowColor: false, reportTests: false, skipFull: true },
  htmlReporter: { fileName: 'reports/mutation/index.html' },
  jsonReporter: { fileName: 'reports/mutation/result.json' },
  tempDirName: '.stryker-tmp',
  cleanTempDir: 'always',
  allowEmpty: false,
  checkers: [],
  disableTypeChecks: false,
};
