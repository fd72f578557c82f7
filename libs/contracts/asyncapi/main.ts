import { readFileSync, writeFileSync } from 'node:fs';
import { makeDocument } from './document.js';

/** Writes asyncapi.json; takes no server. */
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
writeFileSync('asyncapi.json', `${JSON.stringify(makeDocument(version), null, 2)}\n`);
console.log('asyncapi.json is written');
