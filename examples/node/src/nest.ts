import 'reflect-metadata';
import { type GoalEvent, goalEvents, GoalsClient, isProblem } from '@goalpost/contracts';
import { Controller, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  type ClientProxy,
  ClientsModule,
  EventPattern,
  type MicroserviceOptions,
  Payload,
  Transport,
} from '@nestjs/microservices';
import { randomUUID } from 'node:crypto';
import { EventEmitter, on } from 'node:events';

/** A Nest service that asks goalpost for a goal over Redis, and prints the events of it, one JSON a line. */
const { MESSAGING_URL = '', TOKEN = '', SESSION_ID = '' } = process.env;
const { hostname: host, port } = new URL(MESSAGING_URL);
const transport = { transport: Transport.REDIS as const, options: { host, port: Number(port) } };

@Controller()
class EventsController {
  readonly arrivals = new EventEmitter();

  @EventPattern([goalEvents.created, goalEvents.added])
  take(@Payload() event: GoalEvent): void {
    this.arrivals.emit('event', event);
  }
}

@Module({
  imports: [ClientsModule.register([{ name: 'GOALPOST', ...transport }])],
  controllers: [EventsController],
  providers: [
    {
      provide: GoalsClient,
      inject: ['GOALPOST'],
      useFactory: (proxy: ClientProxy) => new GoalsClient(proxy, () => TOKEN),
    },
  ],
})
class AppModule {
  constructor(@Inject('GOALPOST') readonly proxy: ClientProxy) {}
}

const app = await NestFactory.createMicroservice<MicroserviceOptions>(AppModule, {
  ...transport,
  logger: false,
});
await app.listen();
const goals = app.get(GoalsClient);
const events = on(app.get(EventsController).arrivals, 'event') as AsyncIterableIterator<[GoalEvent]>;

const { goal_id } = await goals.create({
  goal_type: 'karaoke',
  levels: [{ title: 'first song', target: 600 }],
  context: { session_id: SESSION_ID },
  idempotency_key: randomUUID(),
});
const wanted = new Set<string>([goalEvents.created, goalEvents.added]);
for await (const [event] of events) {
  // An event may arrive more than once.
  if (event.data.goal_id === goal_id && wanted.delete(event.type)) console.log(JSON.stringify(event));
  if (wanted.size === 0) break;
}

try {
  await goals.get('0'.repeat(24));
} catch (error) {
  if (!isProblem(error)) throw error;
  console.log(JSON.stringify(error));
}
await app.close();
app.get(AppModule).proxy.close();
