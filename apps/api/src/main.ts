import 'reflect-metadata';
import { loadAppConfig } from '#operations';
import { runProcess } from '#platform';
import { bootApi } from './app.module.js';

await runProcess('api', loadAppConfig, bootApi);
