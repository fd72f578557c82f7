import { fileURLToPath } from 'node:url';
import { runLocalStack } from '#local-stack';
import { appVariables, loadAppConfig } from '#operations';
import { misspelledVariables } from '#platform';

const mainOf = (app: string) => fileURLToPath(new URL(`../../${app}/src/main.js`, import.meta.url));

const mains = { api: mainOf('api'), worker: mainOf('worker'), pusher: mainOf('pusher') };
const exitCode = await runLocalStack(mains, (given, completed) => {
  loadAppConfig(completed);
  return misspelledVariables(given, [...Object.keys(appVariables), 'DATA_DIR']);
});
process.exit(exitCode);
