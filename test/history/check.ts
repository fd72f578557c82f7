import type { Entry } from './entries.js';
import { History } from './history.js';
import { rules, Verdict } from './rules.js';

/** What the checker says about a history. */
export interface Report {
  lines: string[];
  /** What broke a rule, each with the rule's name. */
  faults: string[];
}

/** Holds a history, once all is settled, against every rule. */
export function checkHistory(entries: readonly Entry[]): Report {
  const history = new History(entries);
  const report: Report = { lines: [], faults: [] };
  for (const rule of rules) {
    const { name, promise } = rule;
    const verdict = new Verdict();
    rule.judge(history, verdict);
    const { judged, faults } = verdict;
    report.faults.push(...faults.map((fault) => `${name}: ${fault}`));
    report.lines.push(
      `${name}: ${faults.length === 0 ? 'holds' : `BROKEN ${faults.length} times`}, judged ${judged} times. ${promise}`,
    );
  }
  return report;
}

/** How many entries of each kind there are. */
export function kindsOf(entries: readonly Entry[]): string {
  const counts = new Map<string, number>();
  for (const { kind } of entries) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => `${count} ${kind}`).join(', ');
}
