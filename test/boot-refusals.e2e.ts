import { bootApi } from '#api';
import { GoalsApiModule, GoalsWorkerModule } from '#goals';
import { GoalAddedEvent } from '#livestream';
import { Durable } from '#platform';
import { bootWorker } from '#worker';
import type { Type } from '@nestjs/common';
import { EventsHandler, Saga } from '@nestjs/cqrs';
import { EMPTY } from 'rxjs';
import { TestService } from './service.js';

@EventsHandler(GoalAddedEvent)
class NamelessHandler {
  handle(): void {}
}

@EventsHandler(GoalAddedEvent)
@Durable({ name: 'in-no-row' })
class UnroutedHandler {
  async handle(): Promise<void> {}
}

class Sagas {
  @Saga()
  shows = () => EMPTY;
}

/** Changes which providers a module has, for as long as something boots. */
async function withProviders(
  module: Type,
  change: (providers: Type[]) => Type[],
  boot: () => Promise<unknown>,
): Promise<void> {
  const providers = Reflect.getMetadata('providers', module) as Type[];
  Reflect.defineMetadata('providers', change(providers), module);
  try {
    await boot();
  } finally {
    Reflect.defineMetadata('providers', providers, module);
  }
}

describe('a boot is refused, with a sentence that says what is missing', () => {
  const { config } = new TestService();

  it.each([
    [NamelessHandler, 'NamelessHandler has @EventsHandler but no @Durable, so it would never run'],
    [UnroutedHandler, 'the handler in-no-row stands in no row of goal.added, so it would never run for it'],
    [Sagas, 'Sagas.shows is a @Saga, but sagas do not run here'],
  ])('of a worker with %p', async (added, sentence) => {
    await withProviders(
      GoalsWorkerModule,
      (providers) => [...providers, added],
      () => expect(bootWorker(config)).rejects.toThrow(sentence),
    );
  });

  it('of a worker that lacks a handler of the table', async () => {
    await withProviders(
      GoalsWorkerModule,
      (providers) => providers.filter(({ name }) => name !== 'TrackHandler'),
      () =>
        expect(bootWorker(config)).rejects.toThrow(
          'row ShowGoal of goal.created names track, but no handler of that name is provided',
        ),
    );
  });

  it('of an api that lacks the command handler of a class', async () => {
    await withProviders(
      GoalsApiModule,
      (providers) => providers.filter(({ name }) => name !== 'CreateKaraokeGoalHandler'),
      () =>
        expect(bootApi(config)).rejects.toThrow(
          'the command handler of KaraokeGoal, CreateKaraokeGoalHandler, is provided by no module',
        ),
    );
  });
});
