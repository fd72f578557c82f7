import { IndexStep } from '#platform';
import { jest } from '@jest/globals';
import { until } from './client.js';
import { TestService } from './service.js';

const openSockets = () => process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length;

/** What it left open would keep the process of its file alive, long after the tests have failed. */
describe('a test service that fails to start', () => {
  afterEach(() => jest.restoreAllMocks());

  it.each(['worker', 'api'] as const)('throws the fault of its %s, and leaves nothing open', async (app) => {
    const before = openSockets();
    const step =
      app === 'worker'
        ? jest.spyOn(IndexStep.prototype, 'createOnEmpty')
        : jest.spyOn(TestService.prototype, 'startApi');
    step.mockRejectedValueOnce(new Error('a fault of the boot'));
    const service = new TestService({}, { sink: true });
    await expect(service.start()).rejects.toThrow('a fault of the boot');
    await until(async () => openSockets() <= before, 5_000);
    await service.stop();
  });
});
