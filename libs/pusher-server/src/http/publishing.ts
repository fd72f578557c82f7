import { asFields } from '../json.js';
import { limits } from '../limits.js';
import type { LiveApp } from '../live-app.js';
import { attributesOf } from './attributes.js';
import { publicationFrom } from './event-body.js';
import { Refusal } from './refusal.js';

/** Publishes one event; tells of its channels where `info` asks for it. */
export function postEvent(app: LiveApp, body: unknown): object {
  const event = publicationFrom(body);
  const channels = event.channels.map((name) => [name, attributesOf(app, name, event.info)]);
  app.publish(event);
  return event.info === undefined ? {} : { channels: Object.fromEntries(channels) };
}

/** Publishes several events in their order, or none where one of them is wrong. */
export function postBatch(app: LiveApp, body: unknown): object {
  const batch = asFields(body)?.batch;
  if (!Array.isArray(batch) || batch.length === 0 || batch.length > limits.eventsPerBatch)
    throw new Refusal(400, `batch has to be a list of 1 to ${limits.eventsPerBatch} events`);
  const events = batch.map((event: unknown) => publicationFrom(event));
  const told = events.map(({ channels: [name = ''], info }) => attributesOf(app, name, info));
  for (const event of events) app.publish(event);
  return events.some(({ info }) => info !== undefined) ? { batch: told } : {};
}
