import { GoalsClient } from '#contracts';
import { type DynamicModule, type INestMicroservice, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  type ClientProxy,
  type ClientOptions,
  ClientsModule,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { GoalEventsController } from './goal-events.controller.js';
import { Inbox } from './inbox.js';

/** The request and the trace of the other service that its messages are a part of. */
export const origin = {
  request_id: 'order/17',
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
};

/** Another service: it knows the contracts of goalpost and Nest, and nothing else. */
@Module({})
class SecondAppModule {
  static register(transport: ClientOptions, token: () => Promise<string>): DynamicModule {
    return {
      module: SecondAppModule,
      imports: [ClientsModule.register([{ ...transport, name: 'GOALPOST' }])],
      controllers: [GoalEventsController],
      providers: [
        Inbox,
        {
          provide: GoalsClient,
          inject: ['GOALPOST'],
          useFactory: (proxy: ClientProxy) => new GoalsClient(proxy, token, { traceContext: () => origin }),
        },
      ],
    };
  }
}

/** The application at work: it listens to events, and asks for goals. */
export class SecondApp {
  private constructor(private readonly app: INestMicroservice) {}

  static async start(transport: ClientOptions, token: () => Promise<string>): Promise<SecondApp> {
    const module = SecondAppModule.register(transport, token);
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(module, {
      ...(transport as MicroserviceOptions),
      logger: false,
    });
    await app.listen();
    return new SecondApp(app);
  }

  get goals(): GoalsClient {
    return this.app.get(GoalsClient);
  }

  get inbox(): Inbox {
    return this.app.get(Inbox);
  }

  stop(): Promise<void> {
    return this.app.close();
  }
}
