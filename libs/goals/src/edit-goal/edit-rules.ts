import type { GoalLevel } from '#contracts';
import type { FieldFault } from '#platform';
import { levelFaults } from '../goal/rules.js';

/** What a client wants changed; what is absent stays as it is. */
export interface Edit {
  exp?: Date;
  /** As many as the goal has, in its order. */
  levels?: Partial<GoalLevel>[];
}

/** What of a goal decides how it may be edited. */
export interface EditedGoal {
  levels: GoalLevel[];
  /** How many levels it has ever reached. */
  reached: number;
  progress: number;
  hasContributions: boolean;
  exp: Date | null;
  /** Its exp before it was extended for the first time. */
  firstExp: Date | null;
}

/** What an edit comes to: the fields that change, the faults of the request, or why a target may not change any more. */
export type EditOutcome =
  { changes: string[]; exp?: Date; levels?: GoalLevel[] } | { faults: FieldFault[] } | { fixed: string };

/**
 * Decides about an edit. The exp moves later alone, and by `extensionMs` in all; targets change as long as nobody has
 * contributed and their level was never reached; titles always change.
 */
export function decideEdit(goal: EditedGoal, edit: Edit, extensionMs: number): EditOutcome {
  const levels =
    edit.levels?.length === goal.levels.length ? mergedLevels(goal.levels, edit.levels) : undefined;
  const faults = [
    ...(edit.exp ? expFaults(goal, edit.exp, extensionMs) : []),
    ...(edit.levels && !levels
      ? [{ pointer: '/levels', detail: `must be as many as the goal has, ${goal.levels.length}` }]
      : []),
    ...(levels ? levelFaults(levels) : []),
  ];
  if (faults.length > 0) return { faults };
  const fixed = levels && fixedTarget(goal, levels);
  if (fixed) return { fixed };
  const below = levels ? targetsBelow(goal, levels) : [];
  if (below.length > 0) return { faults: below };
  const newExp = edit.exp && edit.exp.getTime() !== goal.exp?.getTime() ? edit.exp : undefined;
  const newLevels = levels && hasChanged(goal.levels, levels) ? levels : undefined;
  return {
    changes: [...(newExp ? ['exp'] : []), ...(newLevels ? ['levels'] : [])],
    ...(newExp && { exp: newExp }),
    ...(newLevels && { levels: newLevels }),
  };
}

function mergedLevels(levels: GoalLevel[], edits: Partial<GoalLevel>[]): GoalLevel[] {
  return levels.map((level, index) => {
    const { title = level.title, target = level.target } = edits[index]!;
    return { ...(title !== undefined && { title }), target };
  });
}

function expFaults({ exp, firstExp }: EditedGoal, wanted: Date, extensionMs: number): FieldFault[] {
  if (!exp) return [{ pointer: '/exp', detail: 'cannot be set, since the goal has no end' }];
  const latest = new Date((firstExp ?? exp).getTime() + extensionMs);
  if (wanted < exp) return [{ pointer: '/exp', detail: `must not be earlier than ${exp.toISOString()}` }];
  // One that was extended under a larger limit keeps what it has.
  if (wanted > exp && wanted > latest)
    return [{ pointer: '/exp', detail: `must not be later than ${latest.toISOString()}` }];
  return [];
}

function targetsBelow({ levels: before, progress }: EditedGoal, levels: GoalLevel[]): FieldFault[] {
  return levels.flatMap(({ target }, index) =>
    target !== before[index]!.target && target <= progress
      ? [{ pointer: `/levels/${index}/target`, detail: `must be more than the progress, ${progress}` }]
      : [],
  );
}

function fixedTarget(
  { levels: before, reached, hasContributions }: EditedGoal,
  levels: GoalLevel[],
): string | undefined {
  const index = levels.findIndex(({ target }, at) => target !== before[at]!.target);
  if (index === -1) return undefined;
  if (index < reached) return `The level ${index + 1} was reached, so its target stays.`;
  return hasContributions ? 'The goal has contributions, so its targets stay.' : undefined;
}

function hasChanged(before: GoalLevel[], levels: GoalLevel[]): boolean {
  return levels.some(({ title, target }, index) => {
    const old = before[index]!;
    return title !== old.title || target !== old.target;
  });
}
