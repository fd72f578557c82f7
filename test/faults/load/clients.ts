import type { Stage } from '../stage/stage.js';
import { CarefulClient } from './careful-client.js';
import { Contributions } from './contributions.js';
import { Creates } from './creates.js';
import { HealthProbe } from './health-probe.js';
import type { Ground } from './places.js';
import { Reads } from './reads.js';
import { Stories } from './stories.js';

/** All who use the service while a fault is injected. */
export class Clients {
  readonly client: CarefulClient;
  readonly creates: Creates;
  readonly gifts: Contributions;
  readonly stories: Stories;
  readonly probe: HealthProbe;
  private readonly reads: Reads;

  constructor(stage: Stage, ground: Ground, random: () => number) {
    this.client = new CarefulClient(stage.api.url, stage.recorder);
    this.creates = new Creates(this.client, ground.places);
    this.gifts = new Contributions(this.client, ground.fundGoalIds);
    this.reads = new Reads(this.client, ground.fundGoalIds, this.creates);
    this.stories = new Stories(this.client, random);
    this.probe = new HealthProbe(stage);
  }

  start(): void {
    for (const load of this.loads) load.start();
  }

  /** Begins no more requests; returns how many are without an answer a minute later. */
  async stop(): Promise<number> {
    const open = await Promise.all(this.loads.map((load) => load.stop()));
    return open.reduce((total, count) => total + count, 0);
  }

  /** What goes against the contract in the answers that came. */
  faults(): string[] {
    const { attempts } = this.client;
    const refused = [this.creates, this.gifts, this.stories].flatMap((load) => load.refused);
    const faults = refused.map((answer) => `refused: ${answer}`);
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

  private get loads(): { start(): void; stop(): Promise<number> }[] {
    return [this.creates, this.gifts, this.reads, this.stories];
  }
}
