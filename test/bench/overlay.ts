/**
 * Does the overlay stay smooth? Sends 60 updates a second to one page with several goals for OVERLAY_SECONDS (600), and looks at it
 * minute by minute, or six times if that is shorter. The frames of the last look are counted by a trace of the browser.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findChromium, launchChromium } from '../chromium.js';
import { startLocal, untilUp } from '../local-start.js';
import { freePort } from '../process.js';

const seconds = Number(process.env.OVERLAY_SECONDS ?? 600);
const windowSeconds = Math.min(60, seconds / 6);
const updatesASecond = 60;
/** A level is celebrated as often, in seconds. */
const celebratedEvery = 10;
/** More than this between the first and the last window is a rise. */
const riseMb = 10;

/**
 * What a page has seen since it was asked last. Frames that took longer than two at 60 a second are late. Of layout shifts those of
 * cards are counted apart: nothing may move when a toast comes.
 */
const probe = `(() => {
  const none = { frames: 0, late: 0, shift: 0, cardShift: 0, toasts: 0 };
  const seen = { ...none };
  let last = performance.now();
  const frame = (now) => {
    seen.frames += 1;
    if (now - last > 34) seen.late += 1;
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries()) {
      seen.shift += value;
      const isCard = ({ node, previousRect, currentRect }) =>
        node?.matches?.('.card') && (previousRect.x !== currentRect.x || previousRect.y !== currentRect.y);
      if (sources.some(isCard)) seen.cardShift += value;
    }
  }).observe({ type: 'layout-shift', buffered: false });
  const toast = document.querySelector('[data-part=toast]');
  new MutationObserver(() => (seen.toasts += toast.hidden ? 0 : 1)).observe(toast, { attributeFilter: ['hidden'] });
  globalThis.takeSeen = () => {
    const taken = { ...seen };
    Object.assign(seen, none);
    return taken;
  };
})()`;

interface Seen {
  frames: number;
  late: number;
  shift: number;
  cardShift: number;
  toasts: number;
}

/** Frames that were drawn, in a trace of the browser. */
const traceOfFrames = ['disabled-by-default-devtools.timeline.frame'];

const executablePath = findChromium();
if (!executablePath) {
  console.log('skipped, as no chromium, chromium-browser or google-chrome is on PATH');
  process.exit(0);
}
const dataDir = await mkdtemp(join(tmpdir(), 'goalpost-overlay-bench-'));
const url = `http://127.0.0.1:${await freePort()}`;
const start = startLocal({ DATA_DIR: dataDir, PORT: new URL(url).port, MESSAGING_URL: 'off' });
let exitCode = 1;
try {
  await untilUp(start);
  exitCode = await run(start.output());
} finally {
  start.process.kill('SIGTERM');
  await start.exited;
  await rm(dataDir, { recursive: true, force: true });
}
process.exit(exitCode);

async function run(printed: string): Promise<number> {
  const token = /^streamer +(\S+)$/m.exec(printed)![1]!;
  const goalId = /"funding_goal_id":"(\w+)"/.exec(printed)![1]!;
  const session_id = /session=(\w+)/.exec(printed)![1]!;
  const post = (path: string, body: object) =>
    fetch(url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  for (const type of ['karaoke', 'trigger_private']) {
    const exp = Math.floor(Date.now() / 1000) + 86_400;
    const answer = await post(`/goals?goal_type=${type}`, {
      levels: [{ title: `the neighbour: ${type}`, target: 500 }],
      context: { session_id },
      exp,
    });
    if (!answer.ok) throw new Error(`${type}: ${answer.status} ${await answer.text()}`);
  }
  const browser = await launchChromium(executablePath!);
  const page = await browser.newPage({ viewport: { width: 1920, height: 1080 } });
  const errors: string[] = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(url + /\/overlay\?token=[\w-]+/.exec(printed)![0]);
  await page.locator('.card').nth(2).waitFor();
  await page.evaluate(probe);
  const devtools = await page.context().newCDPSession(page);

  const refused: number[] = [];
  let sent = 0;
  const send = async (event: string) => {
    const answer = await post(`/goals/${goalId}/rehearse`, { event });
    await answer.body?.cancel();
    if (answer.ok) sent += 1;
    else refused.push(answer.status);
  };
  const sizes: number[] = [];
  let cardsMoved = 0;
  const windows = Math.floor(seconds / windowSeconds);
  const begin = performance.now();
  let due = 0;
  for (let window = 1; window <= windows; window += 1) {
    if (window === windows) await browser.startTracing(page, { categories: traceOfFrames });
    const sentBefore = sent;
    for (; due < window * windowSeconds * updatesASecond; due += 1) {
      await delay(Math.max(0, begin + (due * 1000) / updatesASecond - performance.now()));
      const isLevel = due % (updatesASecond * celebratedEvery) === 0;
      // Forth and back each half second, so that numbers and bars move all the time.
      const progress = due % updatesASecond < updatesASecond / 2 ? 'goal.progressed' : 'goal.corrected';
      void send(isLevel ? 'goal.level_reached' : progress).catch(() => refused.push(0));
    }
    const { frames, late, shift, cardShift, toasts } = await page.evaluate<Seen>('takeSeen()');
    cardsMoved += cardShift;
    await devtools.send('HeapProfiler.collectGarbage');
    const { usedSize } = await devtools.send('Runtime.getHeapUsage');
    sizes.push(usedSize / 2 ** 20);
    console.log(
      `${Math.round(window * windowSeconds)} s  ${Math.round((sent - sentBefore) / windowSeconds)} updates/s  ` +
        `${(frames / windowSeconds).toFixed(1)} frames/s  ${late} late  ${toasts} toasts  shift ${shift.toFixed(3)}, of cards ${cardShift.toFixed(3)}  ` +
        `${sizes.at(-1)!.toFixed(1)} MB  ${errors.length} errors`,
    );
  }
  const trace = (await browser.stopTracing()).toString();
  const perSecond = (name: string) => (trace.split(`"name":"${name}"`).length - 1) / windowSeconds;
  const [begun, drawn, dropped] = ['BeginFrame', 'DrawFrame', 'DroppedFrame'].map(perSecond);
  console.log(
    `trace of the last ${windowSeconds} s, frames/s: ${begun} begun, ${drawn} drawn, ${dropped} dropped`,
  );
  await browser.close();
  const rises = sizes.at(-1)! - sizes[0]! > riseMb;
  if (rises) console.log(`memory rises from ${sizes[0]} to ${sizes.at(-1)} MB`);
  for (const error of errors.slice(0, 5)) console.log(error);
  if (refused.length > 0)
    console.log(`${refused.length} updates were not taken: ${[...new Set(refused)].join(', ')}`);
  if (cardsMoved > 0) console.log(`cards moved by ${cardsMoved.toFixed(3)}`);
  return rises || errors.length > 0 || cardsMoved > 0 ? 1 : 0;
}
