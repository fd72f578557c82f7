import 'reflect-metadata';
import { localStores } from '#local-stack';
import { runCli } from '#operations';
import { bootOperations } from '#worker';

process.exit(await runCli(process.argv.slice(2), { boot: bootOperations, localStores }));
