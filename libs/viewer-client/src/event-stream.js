import { fetchApi } from './api.js';

const firstWaitMs = 1_000;
const longestWaitMs = 30_000;

/** The api sends something every 15 s; a connection that carries nothing for longer is dead. */
const silenceMs = 45_000;

/**
 * Follows the server-sent events of a session, and resumes after each break. `onOpen` is called after each connect, `onState`
 * with connecting, connected, unavailable and, if the api has refused the stream for good, failed.
 */
export function createEventStream({ api, token, sessionId }, { onMessage, onOpen, onState, onError }) {
  const url = `${api}/sessions/${encodeURIComponent(sessionId)}/events`;
  let controller = new AbortController();
  let isClosed = false;
  let waitMs = firstWaitMs;
  let lastId;
  let timer;

  async function follow() {
    onState('connecting');
    controller = new AbortController();
    const headers = lastId === undefined ? {} : { 'last-event-id': lastId };
    const response = await fetchApi(url, token, { headers, signal: controller.signal });
    waitMs = firstWaitMs;
    onState('connected');
    onOpen();
    await readFrames(response.body, controller, take);
  }

  function take({ id, event, data }) {
    if (id !== undefined) lastId = id;
    if (data === undefined) return;
    try {
      onMessage(event, JSON.parse(data));
    } catch (error) {
      onError(error);
    }
  }

  async function run() {
    try {
      await follow();
    } catch (error) {
      if (isClosed) return;
      const status = error.problem?.status;
      if (!controller.signal.aborted) onError(error);
      // A cursor that the log does not know any more; the goals are read again after each connect anyway.
      if (status === 422 && lastId !== undefined) lastId = undefined;
      else if (status >= 400 && status < 500 && status !== 429) {
        onState('failed');
        return;
      }
    }
    if (isClosed) return;
    onState('unavailable');
    // The jitter spreads viewers that lost the api at the same moment.
    timer = setTimeout(() => void run(), waitMs * (0.5 + Math.random()));
    waitMs = Math.min(2 * waitMs, longestWaitMs);
  }

  void run();
  return {
    close() {
      isClosed = true;
      clearTimeout(timer);
      controller.abort();
    },
  };
}

/** Reads the frames of a stream to its end; aborts it if it is silent for too long. */
async function readFrames(body, controller, take) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const timer = setTimeout(() => controller.abort(), silenceMs);
    const { value, done } = await reader.read().finally(() => clearTimeout(timer));
    if (done) return;
    const frames = (text + value).split('\n\n');
    text = frames.pop();
    for (const frame of frames) take(fieldsOf(frame));
  }
}

/** The fields of a frame. The api writes each on one line. */
function fieldsOf(frame) {
  const fields = frame.split('\n').flatMap((line) => {
    const colon = line.indexOf(': ');
    return colon > 0 ? [[line.slice(0, colon), line.slice(colon + 2)]] : [];
  });
  return Object.fromEntries(fields);
}
