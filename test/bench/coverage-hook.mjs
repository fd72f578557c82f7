/** Loaded into a process: on each SIGUSR2 it writes which of our functions have run since the last one. */
import { renameSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
let taken = 0;
process.on('SIGUSR2', () => void write());

async function write() {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  const ours = result.filter(({ url }) => /\/dist\/(libs|apps)\//.test(url));
  const file = `${process.env.COVERAGE_DIR}/${process.pid}-${++taken}.json`;
  writeFileSync(`${file}.part`, JSON.stringify(ours));
  renameSync(`${file}.part`, file);
}
