import 'reflect-metadata';
import { runProcess } from '#platform';
import { bootApi } from './app.module.js';

await runProcess('api', bootApi);
