import 'reflect-metadata';
import { runCli } from '#operations';
import { bootOperations } from '#worker';

process.exit(await runCli(process.argv.slice(2), bootOperations));
