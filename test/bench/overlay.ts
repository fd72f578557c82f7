/** Does the overlay stay smooth? Sends 60 updates a second to one page for OVERLAY_SECONDS (600), and looks at it minute by minute. */
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

/** What a page has seen since it was asked last; frames that took longer than two at 60 a second are late. */
const probe = `(() => {
  const seen = { frames: 0, late: 0, shift: 0 };
  let last = performance.now();
  const frame = (now) => {
    seen.frames += 1;
    if (now - last > 34) seen.late += 1;
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  new PerformanceObserver((list) => {
    for (const { value } of list.getEntries()) seen.shift += value;
  }).observe({ type: 'layout-shift', buffered: false });
  globalThis.takeSeen = () => {
    const taken = { ...seen };
    Object.assign(seen, { frames: 0, late: 0, shift: 0 });
    return taken;
  };
})()`;

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
  const browser = await launchChromium(executablePath!);
  const page = await browser.newPage({ viewport: { width: 1920, height: 1080 } });
  const errors: string[] = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(url + /\/overlay\?token=[\w-]+/.exec(printed)![0]);
  await page.locator('.card').first().waitFor();
  await page.evaluate(probe);
  const devtools = await page.context().newCDPSession(page);

  const refused: number[] = [];
  let sent = 0;
  const send = async (event: string) => {
    const answer = await fetch(`${url}/goals/${goalId}/rehearse`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ event }),
    });
    await answer.body?.cancel();
    if (answer.ok) sent += 1;
    else refused.push(answer.status);
  };
  const sizes: number[] = [];
  const begin = performance.now();
  let due = 0;
  for (let window = 1; window * windowSeconds <= seconds; window += 1) {
    const sentBefore = sent;
    for (; due < window * windowSeconds * updatesASecond; due += 1) {
      await delay(Math.max(0, begin + (due * 1000) / updatesASecond - performance.now()));
      const isLevel = due % (updatesASecond * celebratedEvery) === 0;
      void send(isLevel ? 'goal.level_reached' : 'goal.progressed').catch(() => refused.push(0));
    }
    const { frames, late, shift } = await page.evaluate<{ frames: number; late: number; shift: number }>(
      'takeSeen()',
    );
    await devtools.send('HeapProfiler.collectGarbage');
    const { usedSize } = await devtools.send('Runtime.getHeapUsage');
    sizes.push(usedSize / 2 ** 20);
    console.log(
      `${Math.round(window * windowSeconds)} s  ${Math.round((sent - sentBefore) / windowSeconds)} updates/s  ` +
        `${(frames / windowSeconds).toFixed(1)} frames/s  ${late} late  shift ${shift.toFixed(3)}  ` +
        `${sizes.at(-1)!.toFixed(1)} MB  ${errors.length} errors`,
    );
  }
  await browser.close();
  const rises = sizes.at(-1)! - sizes[0]! > riseMb;
  if (rises) console.log(`memory rises from ${sizes[0]} to ${sizes.at(-1)} MB`);
  for (const error of errors.slice(0, 5)) console.log(error);
  if (refused.length > 0)
    console.log(`${refused.length} updates were not taken: ${[...new Set(refused)].join(', ')}`);
  return rises || errors.length > 0 ? 1 : 0;
}
