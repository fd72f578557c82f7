import type { OutageRow } from './outage-row.js';
import { holds, type Row } from './row.js';
import type { StallRow } from './stall-row.js';

const heads = [
  'fault',
  'injected',
  'accepted',
  'failed',
  'lost',
  'duplicated',
  'repeated pushes',
  'first accepted (ms)',
  'last answered (ms)',
  'all settled (ms)',
  'holds',
];

/** The table of faults in Markdown. */
export function tableOf(rows: Row[]): string {
  return markdown(heads, [...rows.map(cellsOf), totalsOf(rows)]);
}

/** The table of what was answered while a store was away. */
export function outageTableOf(rows: OutageRow[]): string {
  return markdown(
    [
      'fault',
      'creates answered',
      'neither 503 nor in flight',
      'without Retry-After',
      'slowest (ms)',
      'live',
      'ready',
      'green again (ms)',
      'holds',
    ],
    rows.map((row) => [
      row.fault,
      row.answered,
      row.notUnavailable,
      row.withoutRetryAfter,
      row.slowestMs,
      row.live,
      row.ready,
      row.greenAgainMs,
      row.faults.length === 0 ? 'yes' : 'NO',
    ]),
  );
}

/** The table of stalls while a store changed its primary. */
export function stallTableOf(rows: StallRow[]): string {
  return markdown(
    ['fault', 'election (ms)', 'creates (ms)', 'payments (ms)', 'reads (ms)', 'holds'],
    rows.map((row) => [
      row.fault,
      row.electionMs,
      row.createsMs,
      row.paymentsMs,
      row.readsMs,
      row.faults.length === 0 ? 'yes' : 'NO',
    ]),
  );
}

function cellsOf(row: Row): (string | number)[] {
  return [
    row.fault,
    row.injected,
    row.accepted,
    row.failed,
    row.lost,
    row.duplicated,
    row.repeatedPushes,
    row.firstAcceptedMs ?? '–',
    row.lastAnsweredMs,
    row.settledMs,
    holds(row) ? 'yes' : 'NO',
  ];
}

function totalsOf(rows: Row[]): (string | number)[] {
  const total = (key: 'injected' | 'accepted' | 'failed' | 'lost' | 'duplicated' | 'repeatedPushes') =>
    rows.reduce((sum, row) => sum + row[key], 0);
  const longest = (key: 'firstAcceptedMs' | 'lastAnsweredMs' | 'settledMs') =>
    Math.max(...rows.map((row) => row[key] ?? 0));
  return [
    `${rows.length} kinds`,
    total('injected'),
    total('accepted'),
    total('failed'),
    total('lost'),
    total('duplicated'),
    total('repeatedPushes'),
    longest('firstAcceptedMs'),
    longest('lastAnsweredMs'),
    longest('settledMs'),
    rows.every(holds) ? 'yes' : 'NO',
  ];
}

function markdown(head: string[], rows: (string | number)[][]): string {
  const line = (cells: (string | number)[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
