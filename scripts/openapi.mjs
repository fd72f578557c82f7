/** Writes the OpenAPI document of the built api; it takes no server and none of this machine's variables. */
import 'reflect-metadata';
import { writeFileSync } from 'node:fs';
import { describeApi } from '../dist/apps/api/src/app.module.js';

writeFileSync('openapi.json', `${JSON.stringify(await describeApi(), null, 2)}\n`);
console.log('openapi.json is written');
