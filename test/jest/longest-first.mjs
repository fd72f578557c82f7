import Sequencer from '@jest/test-sequencer';
import { basename } from 'node:path';

/** Files that mostly wait, for timers, locks and processes. */
const long = [
  'clocks',
  'events-crash',
  'logs',
  'local-start',
  'boot-checks',
  'oldest-node',
  'operations',
  'explain',
  'mongoengine',
  'browser',
  'contributions-crash',
].map((name) => `${name}.e2e.ts`);

/** Begins with them also where jest knows no durations yet, so that none runs alone at the end. */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    const isLong = ({ path }) => Number(long.includes(basename(path)));
    // oxlint-disable-next-line unicorn/no-array-sort -- this is the method of the sequencer, not that of an array
    const sorted = super.sort(tests);
    return sorted.toSorted((one, other) => isLong(other) - isLong(one));
  }
}
