import 'reflect-metadata';
import { runOperation } from '#operations';
import { bootOperations } from '#worker';

process.exit(await runOperation(process.argv.slice(2), bootOperations));
