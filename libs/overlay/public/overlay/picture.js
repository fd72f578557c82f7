/** Whether nothing more happens to a goal. A show or a funding goal can go on though its last level is reached. */
export function isOver({ goal_type: type, status, outcome, delivered }) {
  if (type === 'show_funding') return outcome === 'delivered' || outcome === 'void';
  if (type === 'show' && typeof delivered === 'boolean') return true;
  if (['expired', 'cancelled', 'failed'].includes(status)) return true;
  return status === 'completed' && type !== 'show';
}

/** When a goal was over, as far as it says that itself; undefined if it does not. */
export function overAt({ settled_at: settled, completed_at: completed, exp, status, goal_type: type }) {
  const text = type === 'show_funding' ? settled : status === 'expired' ? exp : completed;
  return text ? Date.parse(text) : undefined;
}

/** How much a goal has to say at the moment; the least number first. */
function rank(goal) {
  if (isOver(goal)) return 3;
  if (goal.goal_type === 'show') return 0;
  return goal.status === 'scheduled' ? 2 : 1;
}

/** The goals that the settings choose, those that matter most first, and of those the newest. */
export function chosen(goals, wanted) {
  return [...goals]
    .filter(({ status }) => status !== 'pending' && status !== 'failed')
    .filter(({ goal_id: id, goal_type: type }) => !wanted || wanted.includes(id) || wanted.includes(type))
    .toSorted((a, b) => rank(a) - rank(b) || (a.goal_id < b.goal_id ? 1 : -1));
}

/**
 * What there is to see of a goal at a moment. `sinceMs`: for how long it has been as it is, as the seconds of a live show run on.
 * `until`: the time that a countdown runs to, if there is one.
 */
export function pictureOf(goal, words, sinceMs = 0) {
  const { levels, unit } = goal;
  const index = Math.max(0, Math.min(goal.level ?? 0, levels.length - 1));
  const last = levels.at(-1).target;
  const isLive = goal.performance === 'live';
  const progress = goal.progress + (isLive ? Math.floor(sinceMs / 1000) : 0);
  const target = levels[index].target;
  return {
    title: words.levelName(levels[index], index),
    kind: words.kindOf(goal.goal_type),
    progress,
    unit,
    target: words.say('of', { target: words.amount(unit, target), unit: words.unitOf(unit) }),
    share: Math.min(1, progress / last),
    marks: levels.slice(0, -1).map((level) => level.target / last),
    isReached: (goal.level ?? 0) >= levels.length,
    isOver: isOver(goal),
    isLive,
    valueText: `${words.amount(unit, progress)} ${words.say('of', { target: words.amount(unit, target), unit: words.unitOf(unit) })}`,
    ...captionOf(goal, words),
  };
}

function captionOf(goal, words) {
  const { goal_type: type, status, nbf, exp } = goal;
  if (type === 'show_funding' && goal.outcome && goal.outcome !== 'open') return fundingCaption(goal, words);
  if (type === 'show') return showCaption(goal, words);
  const ends = exp ? Date.parse(exp) : undefined;
  if (status === 'scheduled') return { caption: words.say('opens_in'), until: Date.parse(nbf) };
  if (type === 'show_funding' && !isOver(goal) && ends !== undefined) {
    const startsItself = goal.show?.start === 'on_countdown_end';
    return { caption: words.say(startsItself ? 'show_in' : 'ends_in'), until: ends };
  }
  if (status === 'completed') return { caption: words.say('reached') };
  if (status === 'expired') return { caption: words.say('ended') };
  if (status === 'cancelled') return { caption: words.say('cancelled') };
  return ends === undefined
    ? { caption: words.say('until_stream_ends') }
    : { caption: words.say('ends_in'), until: ends };
}

function fundingCaption({ outcome, context, level, minimum_level: minimum }, words) {
  if (outcome === 'delivered') return { caption: words.say('delivered') };
  if (outcome === 'void') return { caption: words.say('returned') };
  if (context.show_goal_id) return { caption: words.say('show_on') };
  return { caption: words.say(level >= (minimum ?? 1) ? 'show_soon' : 'waits_for_show') };
}

function showCaption(goal, words) {
  const { status, exp, delivered, performance } = goal;
  if (typeof delivered === 'boolean') return { caption: words.say(delivered ? 'delivered' : 'show_over') };
  if (status === 'expired' || status === 'cancelled') return { caption: words.say('show_over') };
  if (performance === 'paused')
    return { caption: words.say(goal.progress > 0 ? 'show_paused' : 'show_waits') };
  return exp
    ? { caption: words.say('show_on_ends'), until: Date.parse(exp) }
    : { caption: words.say('show_on') };
}
