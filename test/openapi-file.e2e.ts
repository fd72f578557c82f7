import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { describeApi } from '#api';
import { Validator } from '@seriousme/openapi-schema-validator';
import { TestService } from './service.js';

/** Fails with what to do where the committed document is not that of the code. */
async function expectCommitted(document: object): Promise<void> {
  const committed: unknown = JSON.parse(await readFile('openapi.json', 'utf8'));
  if (!isDeepStrictEqual(committed, JSON.parse(JSON.stringify(document))))
    throw new Error('openapi.json is not what the code says; renew it by: npm run openapi');
}

describe('the committed openapi.json', () => {
  it('is what the code says, without any server', async () => {
    await expectCommitted(await describeApi());
  });

  it('is what a service answers, whatever its settings', async () => {
    const service = await TestService.start({
      ANALYTICS_TTL_DAYS: '7',
      CHANNEL_STREAM: 'private-{streamer_id}',
    });
    try {
      const response = await fetch(`${service.baseUrl}/docs-json`);
      await expectCommitted((await response.json()) as object);
    } finally {
      await service.stop();
    }
  });

  it('is a valid document by a public validator', async () => {
    const outcome = await new Validator().validate(await readFile('openapi.json', 'utf8'));
    expect(outcome).toEqual({ valid: true });
  });
});
