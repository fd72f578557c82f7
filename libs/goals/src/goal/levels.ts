import type { GoalLevel } from '#contracts';
import type { FieldFault } from '#platform';

/** How many levels a goal may have, how long a title and how high a target may be. */
export const levelLimits = { levels: 20, title: 60, target: 1e12 };

/** Faults of levels that are well-formed one by one: their targets must rise strictly. */
export function levelFaults(levels: GoalLevel[]): FieldFault[] {
  return levels.flatMap(({ target }, index) => {
    const before = levels[index - 1];
    if (before === undefined || target > before.target) return [];
    return [
      {
        pointer: `/levels/${index}/target`,
        detail: `must be more than the target before it, ${before.target}`,
      },
    ];
  });
}
