/** How often each operation answered each status. */
export type Tally = Record<string, Record<string, number>>;

/** Events are recorded only where no Pusher is set, and here one is. */
const never = new Set(['getRecordedEvents']);

/** Operations that refused every request: what a granted one answers was not looked at. */
export function ungranted(tally: Tally): string[] {
  const granted = (statuses: Record<string, number>) =>
    Object.keys(statuses).some((status) => status < '300');
  return Object.entries(tally)
    .filter(([operation, statuses]) => !never.has(operation) && !granted(statuses))
    .map(([operation]) => operation);
}

/** The counts as lines of text. */
export function tableOf(tally: Tally): string {
  const lines = Object.entries(tally).map(([operation, statuses]) => {
    const counts = Object.entries(statuses).map(([status, count]) => `${status}: ${count}`);
    return `  ${operation.padEnd(18)} ${counts.join(', ')}`;
  });
  return lines.toSorted().join('\n');
}
