import { fileURLToPath } from 'node:url';
import { runLocalStack } from '#local-stack';

const mainOf = (app: string) => fileURLToPath(new URL(`../../${app}/src/main.js`, import.meta.url));

process.exit(await runLocalStack({ api: mainOf('api'), worker: mainOf('worker') }));
