import type { GoalEvent } from '#contracts';
import { PeriodicTasks, Semaphore } from '#platform';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { setTimeout } from 'node:timers/promises';
import { Counter, Registry } from 'prom-client';
import { DeliveryStore, type Outcome } from './delivery.store.js';
import type { DeliveryRecord, WebhookRecord } from './webhook.schema.js';
import { ReceiverLane } from './receiver-lane.js';
import { attemptMs, WebhookSender } from './webhook-sender.js';
import { WebhookStore } from './webhook.store.js';
import { WebhooksConfig } from './webhooks.config.js';

const sweepEveryMs = 1_000;
const sweepSize = 200;

/** Calls at once to receivers that take events, and to those whose last call failed: these wait for each other alone. */
const mostCalls = 256;
const mostCallsToFailing = 64;

/** Waits vary by up to a tenth, so that what failed together is not repeated together. */
const jitter = 0.1;

/** The type of a test; it is attempted once, also if the webhook is disabled. */
export const testEvent = 'webhook.test';

/** A receiver that answers so does not want to be called any more. */
const gone = 410;

/**
 * Delivers events to webhooks. Each delivery is stored before anything else, due for any process some time later, so that
 * none is lost with a process or with Redis. The process that stored it calls the receiver at once.
 */
@Injectable()
export class WebhookDispatcher implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger('Webhooks');
  private readonly lanes = new Map<string, ReceiverLane>();
  private readonly calls = new Semaphore(mostCalls);
  private readonly callsToFailing = new Semaphore(mostCallsToFailing);
  private readonly running = new Set<Promise<void>>();
  private readonly attempts: Counter<'outcome'>;
  private isStopping = false;

  constructor(
    private readonly webhooks: WebhookStore,
    private readonly deliveries: DeliveryStore,
    private readonly sender: WebhookSender,
    private readonly config: WebhooksConfig,
    private readonly tasks: PeriodicTasks,
    registry: Registry,
  ) {
    this.attempts = new Counter({
      name: 'goalpost_webhook_attempts_total',
      help: 'Calls of webhooks by what came of them: delivered or failed',
      labelNames: ['outcome'],
      registers: [registry],
    });
  }

  onModuleInit(): void {
    this.tasks.register({ name: 'sweep of webhooks', everyMs: sweepEveryMs, run: () => this.sweep() });
  }

  /** Stores deliveries of events for all webhooks that want them, and begins them. Events that were stored before are left out. */
  async dispatch(events: GoalEvent[]): Promise<void> {
    const webhooks = [...(await this.webhooks.enabled()).values()];
    if (webhooks.length === 0) return;
    await Promise.all(
      events.flatMap((event) => {
        const body = JSON.stringify(event);
        return webhooks
          .filter((webhook) => wants(webhook, event))
          .map((webhook) => this.add(webhook, event, body));
      }),
    );
  }

  /** Begins no more calls, and waits a while for those that run; another process takes over what is left. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    const left = [...this.lanes.values()].flatMap((lane) => lane.takeAll());
    const released = Promise.all(left.map((delivery) => this.deliveries.release(delivery))).catch(
      () => undefined,
    );
    const ended = Promise.all([released, ...this.running]);
    await Promise.race([ended, setTimeout(attemptMs / 2, undefined, { ref: false })]);
  }

  private async add({ _id }: WebhookRecord, event: GoalEvent, body: string): Promise<void> {
    const webhookId = _id.toHexString();
    const lane = this.laneOf(webhookId);
    const isClaimed = !lane.isFull && !this.isStopping;
    const { event_id: eventId, type, data } = event;
    // Room is taken before the write, so that the lane is not overfilled by writes that run together.
    const place = isClaimed ? lane.reserve() : undefined;
    try {
      const delivery = await this.deliveries.add({
        webhookId,
        eventId,
        type,
        goalId: data.goal_id,
        body,
        isClaimed,
      });
      if (delivery && isClaimed) this.take(delivery);
    } finally {
      place?.();
    }
  }

  private async sweep(): Promise<void> {
    for (let claimed = sweepSize; claimed === sweepSize && !this.isStopping;) {
      const full = [...this.lanes].filter(([, lane]) => lane.isFull).map(([webhookId]) => webhookId);
      const due = await this.deliveries.claimDue(sweepSize, full);
      claimed = due.length;
      for (const delivery of due) this.take(delivery);
    }
  }

  private take(delivery: DeliveryRecord): void {
    const webhookId = delivery.webhook_id.toHexString();
    const lane = this.laneOf(webhookId);
    lane.push(delivery);
    this.workOff(webhookId, lane);
  }

  private laneOf(webhookId: string): ReceiverLane {
    const lane = this.lanes.get(webhookId) ?? new ReceiverLane();
    this.lanes.set(webhookId, lane);
    return lane;
  }

  private workOff(webhookId: string, lane: ReceiverLane): void {
    for (let next = lane.next(); next && !this.isStopping; next = lane.next()) {
      const delivery = next;
      const run = this.attempt(webhookId, lane, delivery)
        .catch((error: unknown) => {
          // Its claim ends, and then it is attempted again.
          this.logger.error({
            msg: `a delivery: ${String(error)}`,
            webhook_id: webhookId,
            event_id: delivery.event_id,
          });
        })
        .then(() => {
          this.running.delete(run);
          lane.settled();
          this.workOff(webhookId, lane);
          if (lane.isIdle && lane.isHealthy) this.lanes.delete(webhookId);
        });
      this.running.add(run);
    }
  }

  private async attempt(webhookId: string, lane: ReceiverLane, delivery: DeliveryRecord): Promise<void> {
    const slots = lane.isHealthy ? this.calls : this.callsToFailing;
    const settle = await slots
      .run(() => this.call(webhookId, lane, delivery))
      .finally(() => lane.attempted(delivery));
    // The receiver gets the next ones while this is written.
    this.workOff(webhookId, lane);
    await settle?.();
  }

  /** Calls the receiver; returns how to store what came of it. */
  private async call(
    webhookId: string,
    lane: ReceiverLane,
    delivery: DeliveryRecord,
  ): Promise<(() => Promise<void>) | undefined> {
    if (this.isStopping) return () => this.deliveries.release(delivery);
    // Another process may have it by the time at which the receiver answers.
    if (delivery.next_at!.getTime() - Date.now() < 2 * attemptMs) return undefined;
    const isTest = delivery.type === testEvent;
    const webhook = isTest
      ? await this.webhooks.find(webhookId)
      : (await this.webhooks.enabled()).get(webhookId);
    if (!webhook) {
      const outcome = { status: null, error: 'the webhook is disabled' };
      return () => this.deliveries.failed(delivery, outcome, undefined);
    }
    const outcome = await this.sender.send(webhook, delivery);
    lane.isHealthy = outcome.error === null;
    this.attempts.inc({ outcome: outcome.error === null ? 'delivered' : 'failed' });
    return () =>
      outcome.error === null
        ? this.deliveries.delivered(delivery, outcome)
        : this.fail(webhookId, delivery, outcome);
  }

  private async fail(webhookId: string, delivery: DeliveryRecord, outcome: Outcome): Promise<void> {
    const isTest = delivery.type === testEvent;
    const wait = outcome.status === gone || isTest ? undefined : this.config.retryWaitsMs[delivery.attempts];
    await this.deliveries.failed(delivery, outcome, wait && wait * (1 + jitter * Math.random()));
    if (wait !== undefined || isTest) return;
    const reason =
      outcome.status === gone
        ? 'the receiver answered 410: it is gone'
        : `the event ${delivery.event_id} was not taken in ${delivery.attempts + 1} attempts; the last one: ${outcome.error}`;
    await this.webhooks.disable(webhookId, reason);
    await this.deliveries.abandon(webhookId, 'the webhook was disabled');
    this.logger.warn({ msg: `disabled: ${reason}`, webhook_id: webhookId });
  }
}

function wants({ events, session_id }: WebhookRecord, { type, data }: GoalEvent): boolean {
  return (
    (events === null || events.includes(type)) && (session_id === null || session_id === data.session_id)
  );
}
