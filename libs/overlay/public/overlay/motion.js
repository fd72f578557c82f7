/** How much of the way to its aim a number still has to go after a tenth of a second. */
const restAfterTenth = 0.55;
/** Closer than this share of what it was changed by, a number is there. */
const near = 0.002;

/**
 * Moves numbers smoothly to where they have to be. One loop serves all, and rests while nothing moves. Without motion each
 * number is at once where it has to be.
 */
export function createAnimator(moves) {
  const moving = new Set();
  let last;

  function frame(now) {
    const rest = restAfterTenth ** ((now - last) / 100);
    last = now;
    for (const value of moving) value.step(rest);
    if (moving.size > 0) requestAnimationFrame(frame);
    else last = undefined;
  }

  /** A number that `draw` is called with whenever it changes. */
  return function createNumber(draw) {
    let shown;
    let aim;
    let range = 1;
    const value = {
      to(next) {
        if (next === aim) return;
        const isFirst = shown === undefined;
        aim = next;
        if (!moves() || isFirst) {
          moving.delete(value);
          draw((shown = next));
          return;
        }
        range = Math.abs(next - shown);
        moving.add(value);
        if (last !== undefined) return;
        last = performance.now();
        requestAnimationFrame(frame);
      },
      step(rest) {
        shown = aim + (shown - aim) * rest;
        if (Math.abs(aim - shown) <= range * near) {
          shown = aim;
          moving.delete(value);
        }
        draw(shown);
      },
      /** Forgets the number: its element is gone. */
      stop: () => moving.delete(value),
    };
    return value;
  };
}

/** Whether there may be motion: not if the setting or the machine says no. */
export function createMotionSwitch(setting) {
  const reduced = matchMedia('(prefers-reduced-motion: reduce)');
  return () => setting !== 'off' && !reduced.matches;
}
