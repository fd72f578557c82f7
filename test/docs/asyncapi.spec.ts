import { Parser } from '@asyncapi/parser';
import { readFileSync } from 'node:fs';
import packageJson from '../../package.json' with { type: 'json' };
import { makeDocument } from '../../libs/contracts/asyncapi/document.js';
import { wireFaults } from '../wire.js';

const text = readFileSync('asyncapi.json', 'utf8');
const { components } = JSON.parse(text) as {
  components: { messages: Record<string, { examples: { payload: unknown; headers?: unknown }[] }> };
};

describe('the committed asyncapi.json', () => {
  it('is what the types of the contract say', () => {
    if (JSON.stringify(JSON.parse(text)) !== JSON.stringify(makeDocument(packageJson.version)))
      throw new Error('asyncapi.json is not what the contract says; renew it by: npm run asyncapi');
  });

  it('is a valid document by the public parser', async () => {
    const { document, diagnostics } = await new Parser().parse(text);
    const error = 0 as (typeof diagnostics)[number]['severity'];
    const errors = diagnostics.filter(({ severity }) => severity === error);
    expect(errors.map(({ message, path }) => `${path.join('.')}: ${message}`)).toEqual([]);
    expect(document?.version()).toBe('3.0.0');
  });

  it.each([
    ['an id of 24 upper-case digits', { event_id: '65A0000000000000000000E1' }],
    ['a time without a zone', { occurred_at: '2026-09-21T14:13:20' }],
    ['a day that does not exist', { occurred_at: '2026-02-30T14:13:20.000Z' }],
  ])('takes no %s', (_, wrong) => {
    const name = 'webhook.goal.created';
    const { payload } = components.messages[name]!.examples[0]!;
    expect(wireFaults(name, { ...(payload as object), ...wrong })).toHaveLength(1);
  });

  it.each(Object.entries(components.messages))('has an example of %s that fits', (name, { examples }) => {
    expect(examples.length).toBeGreaterThan(0);
    for (const { payload, headers } of examples) expect(wireFaults(name, payload, headers)).toEqual([]);
  });
});
