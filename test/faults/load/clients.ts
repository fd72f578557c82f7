import type { Stage } from '../stage/stage.js';
import { CarefulClient } from './careful-client.js';
import { Contributions } from './contributions.js';
import { Creates } from './creates.js';
import { HealthProbe } from './health-probe.js';
import type { Ground } from './places.js';

/** All who use the service while a fault is injected. */
export class Clients {
  readonly client: CarefulClient;
  readonly creates: Creates;
  readonly gifts: Contributions;
  readonly probe: HealthProbe;

  constructor(stage: Stage, ground: Ground) {
    this.client = new CarefulClient(stage.api.url);
    this.creates = new Creates(this.client, ground.places);
    this.gifts = new Contributions(this.client, ground.fundGoalIds);
    this.probe = new HealthProbe(stage);
  }

  start(): void {
    this.creates.start();
    this.gifts.start();
  }

  /** Begins no more requests; returns how many are without an answer a minute later. */
  async stop(): Promise<number> {
    const [creates, gifts] = await Promise.all([this.creates.stop(), this.gifts.stop()]);
    return creates + gifts;
  }

  /** What goes against the contract in the answers that came. */
  faults(): string[] {
    const { attempts } = this.client;
    const faults = [...this.creates.refused, ...this.gifts.refused].map((answer) => `refused: ${answer}`);
    const hung = attempts.filter(({ status }) => status === 'hung').length;
    if (hung > 0) faults.push(`${hung} tries hung for ten seconds`);
    const broken = attempts.filter(({ status }) => status === 500).length;
    if (broken > 0) faults.push(`${broken} answers were 500`);
    return faults;
  }

  /** How often which status came. */
  statuses(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { what, status } of this.client.attempts) {
      const key = `${what} ${status}`;
      counts[key] = (counts[key] ?? 0) + 1;
    }
    return counts;
  }
}
