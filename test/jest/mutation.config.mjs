import { swcOptions } from '../../scripts/swc-options.mjs';

/** Unit tests under mutation: each change needs modules of its own, so that here jest loads them anew for each file. */
export default {
  rootDir: new URL('../..', import.meta.url).pathname,
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': ['@swc/jest', swcOptions] },
  setupFiles: ['reflect-metadata'],
  testMatch: ['<rootDir>/libs/**/*.spec.ts'],
  // A change that leaves a promise open has to fail soon.
  testTimeout: 2000,
};
