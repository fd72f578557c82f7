import { chosen, isOver, overAt } from './picture.js';

/** How long a rehearsed state stays at least. */
const rehearsedMs = 6_000;

/**
 * Which goals are shown: those that go on, those that were over a moment ago, and those that are being rehearsed. `draw` gets
 * them, at most once a frame.
 */
export function createRecentGoals({ goals: wanted, hold }, draw) {
  let goals = [];
  /** When goals were seen to be over, by id. */
  const overSince = new Map();
  const running = new Set();
  const rehearsed = new Map();
  let isAsked = false;
  let timer;

  function look(now) {
    for (const goal of goals) {
      const { goal_id: id } = goal;
      if (!isOver(goal)) {
        running.add(id);
        overSince.delete(id);
        continue;
      }
      if (overSince.has(id)) continue;
      // Who has seen it run has seen its end just now.
      overSince.set(id, running.delete(id) ? now : (overAt(goal) ?? 0));
    }
  }

  function refresh() {
    isAsked = false;
    clearTimeout(timer);
    const now = Date.now();
    look(now);
    for (const [id, { until }] of rehearsed) if (until <= now) rehearsed.delete(id);
    const all = new Map(goals.map((goal) => [goal.goal_id, goal]));
    for (const [id, { goal }] of rehearsed) all.set(id, goal);
    const ends = [...rehearsed.values()].map(({ until }) => until);
    const shown = chosen(all.values(), wanted).filter((goal) => {
      if (!isOver(goal) || rehearsed.has(goal.goal_id)) return true;
      const end = (overSince.get(goal.goal_id) ?? 0) + 1000 * hold;
      if (end > now) ends.push(end);
      return end > now;
    });
    draw(shown);
    if (ends.length > 0) timer = setTimeout(refresh, Math.max(50, Math.min(...ends) - now));
  }

  function ask() {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(refresh);
  }

  return {
    /** Takes the goals as they are. */
    set(next) {
      goals = [...next];
      ask();
    },
    /** Something real has happened to a goal, which ends its rehearsal. */
    note(goalId) {
      if (rehearsed.delete(goalId)) ask();
    },
    /** Shows a goal for a while as a rehearsal has it. */
    rehearse(goal) {
      if (!Array.isArray(goal.levels)) return;
      rehearsed.set(goal.goal_id, { goal, until: Date.now() + Math.max(1000 * hold, rehearsedMs) });
      ask();
    },
    /** Whether the settings choose this goal. */
    isChosen: (goalId) =>
      chosen([...goals, ...[...rehearsed.values()].map(({ goal }) => goal)], wanted).some(
        ({ goal_id: id }) => id === goalId,
      ),
    clear() {
      goals = [];
      rehearsed.clear();
      refresh();
    },
  };
}
