import { setTimeout as wait } from 'node:timers/promises';
import type { Stage } from '../stage/stage.js';

/** What a health endpoint said. */
export interface Pulse {
  app: 'api' | 'worker';
  path: 'live' | 'ready';
  at: number;
  ms: number;
  /** 0 where there was no answer. */
  status: number;
}

/** Asks api and worker for their health again and again. */
export class HealthProbe {
  readonly pulses: Pulse[] = [];
  private isOn = true;

  constructor(private readonly stage: Stage) {
    for (const app of ['api', 'worker'] as const)
      for (const path of ['live', 'ready'] as const) void this.watch(app, path);
  }

  stop(): void {
    this.isOn = false;
  }

  private async watch(app: Pulse['app'], path: Pulse['path']): Promise<void> {
    while (this.isOn) {
      const at = Date.now();
      const response = await fetch(`${this.stage[app].url}/health/${path}`, {
        signal: AbortSignal.timeout(10_000),
      }).catch(() => undefined);
      await response?.body?.cancel();
      this.pulses.push({ app, path, at, ms: Date.now() - at, status: response?.status ?? 0 });
      await wait(200);
    }
  }
}
