import { mkdtemp, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import mongoose from 'mongoose';
import type { Browser, BrowserContextOptions, Page, Request } from 'playwright-core';
import { launchChromium } from './chromium.js';
import { type LocalStart, startLocal, untilUp } from './local-start.js';
import { freePort } from './process.js';

const closing = new WeakSet<Page>();

/** Closes a page. What it was still asking for then is no complaint. */
export function close(page: Page): Promise<void> {
  closing.add(page);
  return page.context().close();
}

/** The local stack beside a real browser, on a database and key prefix of their own. */
export class BrowserStage {
  private readonly name = `browser-${randomBytes(6).toString('hex')}`;
  private readonly mongoUrl = process.env.TEST_MONGO_URL!.replace(/\/[^/?]*(\?|$)/, `/${this.name}$1`);
  private dataDir: string;
  private start: LocalStart;
  private browser: Browser;
  url: string;
  /** What a page complained of, or asked for in vain. */
  readonly complaints: string[] = [];

  /** `env` are further variables of the local start. */
  static async open(executablePath: string, env: NodeJS.ProcessEnv = {}): Promise<BrowserStage> {
    const stage = new BrowserStage();
    stage.dataDir = await mkdtemp(join(tmpdir(), 'goalpost-browser-'));
    const port = await freePort();
    stage.url = `http://127.0.0.1:${port}`;
    stage.start = startLocal({
      DATA_DIR: stage.dataDir,
      PORT: String(port),
      MONGO_URL: stage.mongoUrl,
      REDIS_URL: process.env.TEST_REDIS_URL!,
      REDIS_PREFIX: stage.name,
      MESSAGING_URL: 'off',
      ...env,
    });
    stage.browser = await launchChromium(executablePath);
    await untilUp(stage.start);
    return stage;
  }

  /** Opens a page whose complaints are kept. */
  async visit(
    path: string,
    options: BrowserContextOptions = {},
    prepare?: (page: Page) => Promise<unknown>,
  ): Promise<Page> {
    const page = await (await this.browser.newContext(options)).newPage();
    page.setDefaultTimeout(10_000);
    await prepare?.(page);
    this.listen(page);
    await page.goto(this.url + path);
    return page;
  }

  private listen(page: Page): void {
    const unchanged = new Set<Request>();
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('response', (response) => {
      if (response.status() === 304) unchanged.add(response.request());
      if (response.status() >= 400) this.complaints.push(`${response.status()} ${response.url()}`);
    });
    page.on('requestfailed', (request) => {
      // Chromium reports an answer that has no body by its status as aborted, though the page gets it.
      if (unchanged.has(request) || closing.has(page)) return;
      this.complaints.push(`${request.url()} ${request.failure()?.errorText}`);
    });
  }

  /** The token of a role, as the start prints it. */
  token(role: 'streamer' | 'viewer' | 'admin' | 'service'): string {
    return new RegExp(`^${role} +(\\S+)$`, 'm').exec(this.start.output())![1]!;
  }

  /** What the start has printed. */
  printed(): string {
    return this.start.output();
  }

  /** Address of the overlay of the demo session. */
  overlayPath(): string {
    return /\/overlay\?token=[\w-]+/.exec(this.start.output())![0];
  }

  /** Stops everything and leaves nothing behind. */
  async close(): Promise<void> {
    await this.browser.close();
    this.start.process.kill('SIGTERM');
    await this.start.exited;
    const mongo = await mongoose.createConnection(this.mongoUrl, { appName: 'test' }).asPromise();
    await mongo.dropDatabase();
    await mongo.close();
    const redis = new Redis(process.env.TEST_REDIS_URL!);
    const keys = (await Promise.all([redis.keys(`${this.name}:*`), redis.keys(`{${this.name}}:*`)])).flat();
    if (keys.length > 0) await redis.del(...keys);
    redis.disconnect();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}
