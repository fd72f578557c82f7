const firstWaitMs = 500;
const longestWaitMs = 30_000;

/**
 * Runs `read` when it is asked for: one run at a time, and one more where it was asked for meanwhile. A run that fails is
 * tried again, later each time, unless the api refused it for good.
 */
export function createResync(read, onError) {
  let state = 'idle';
  let waitMs = firstWaitMs;
  let timer;

  async function run() {
    state = 'running';
    try {
      await read();
      waitMs = firstWaitMs;
    } catch (error) {
      onError(error);
      if (!isFinal(error)) retryLater();
    }
    const isAskedAgain = state === 'again';
    if (state !== 'closed') state = 'idle';
    if (isAskedAgain) await run();
  }

  function retryLater() {
    clearTimeout(timer);
    // Viewers that lost the api together do not come back all at once.
    timer = setTimeout(ask, waitMs * (0.5 + Math.random()));
    waitMs = Math.min(2 * waitMs, longestWaitMs);
  }

  function ask() {
    if (state === 'idle') void run();
    else if (state === 'running') state = 'again';
  }

  function close() {
    state = 'closed';
    clearTimeout(timer);
  }

  return { ask, close };
}

function isFinal({ problem }) {
  return problem !== undefined && problem.status >= 400 && problem.status < 500 && problem.status !== 429;
}
