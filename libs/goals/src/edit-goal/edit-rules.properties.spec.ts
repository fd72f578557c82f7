import * as fc from 'fast-check';
import { decideEdit, type Edit, type EditedGoal } from './edit-rules.js';

const hour = 3_600_000;

const anyLevels = fc
  .uniqueArray(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 })
  .map((targets) => targets.toSorted((one, other) => one - other).map((target) => ({ target })));

const anyGoal: fc.Arbitrary<EditedGoal> = fc
  .tuple(anyLevels, fc.nat(60), fc.nat(3), fc.boolean())
  .map(([levels, progress, extended, hasContributions]) => ({
    levels,
    progress: hasContributions ? progress : 0,
    reached: hasContributions ? levels.filter(({ target }) => target <= progress).length : 0,
    hasContributions,
    exp: new Date((10 + extended) * hour),
    firstExp: extended > 0 ? new Date(10 * hour) : null,
  }));

const anyEdit: fc.Arbitrary<Edit> = fc.record(
  {
    exp: fc.integer({ min: 1, max: 20 }).map((at) => new Date(at * hour)),
    levels: fc.array(
      fc.record(
        { title: fc.constantFrom('one', 'two'), target: fc.integer({ min: 1, max: 50 }) },
        { requiredKeys: [] },
      ),
      { minLength: 1, maxLength: 5 },
    ),
  },
  { requiredKeys: [] },
);

const holds = (law: (goal: EditedGoal, edit: Edit) => boolean) =>
  fc.assert(fc.property(anyGoal, anyEdit, law), { numRuns: 500 });

describe('decideEdit', () => {
  it('moves an end later alone, within the limit from the first one', () => {
    holds((goal, edit) => {
      const outcome = decideEdit(goal, edit, 4 * hour);
      if (!('changes' in outcome) || !outcome.exp) return true;
      return outcome.exp > goal.exp! && outcome.exp.getTime() <= 14 * hour;
    });
  });

  it('leaves as many levels, with targets that rise strictly', () => {
    holds((goal, edit) => {
      const outcome = decideEdit(goal, edit, 4 * hour);
      if (!('changes' in outcome) || !outcome.levels) return true;
      const targets = outcome.levels.map(({ target }) => target);
      return (
        targets.length === goal.levels.length &&
        targets.every((target, index) => index === 0 || target > targets[index - 1]!)
      );
    });
  });

  it('keeps every target of a goal with contributions, and every level that was reached', () => {
    holds((goal, edit) => {
      const outcome = decideEdit(goal, edit, 4 * hour);
      if (!('changes' in outcome) || !outcome.levels) return true;
      const kept = goal.hasContributions ? goal.levels.length : goal.reached;
      return goal.levels
        .slice(0, kept)
        .every(({ target }, index) => outcome.levels![index]!.target === target);
    });
  });

  it('says that nothing changes for an edit that was made already', () => {
    holds((goal, edit) => {
      const outcome = decideEdit(goal, edit, 4 * hour);
      if (!('changes' in outcome)) return true;
      const { changes, ...fields } = outcome;
      const again = decideEdit({ ...goal, firstExp: goal.firstExp ?? goal.exp, ...fields }, edit, 4 * hour);
      return (
        'changes' in again && again.changes.length === 0 && changes.length === Object.keys(fields).length
      );
    });
  });
});
