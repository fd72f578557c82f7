import { fileURLToPath } from 'node:url';
import { runLocalStack } from '#local-stack';

const mainOf = (app: string) => fileURLToPath(new URL(`../../${app}/src/main.js`, import.meta.url));

const mains = { api: mainOf('api'), worker: mainOf('worker'), pusher: mainOf('pusher') };
process.exit(await runLocalStack(mains));
