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

/** One in so many answers may be 503, as a machine that stalls gives it. */
const answersPerOutage = 200;

/** Why there are too many 503; undefined where there are not. */
export function outages(tally: Tally): string | undefined {
  const all = Object.values(tally).flatMap((statuses) => Object.values(statuses));
  const answers = all.reduce((sum, count) => sum + count, 0);
  const count = Object.values(tally).reduce((sum, statuses) => sum + (statuses['503'] ?? 0), 0);
  return count * answersPerOutage > answers ? `${count} of ${answers} answers were 503` : undefined;
}

/** The counts as lines of text. */
export function tableOf(tally: Tally): string {
  const lines = Object.entries(tally).map(([operation, statuses]) => {
    const counts = Object.entries(statuses).map(([status, count]) => `${status}: ${count}`);
    return `  ${operation.padEnd(18)} ${counts.join(', ')}`;
  });
  return lines.toSorted().join('\n');
}
