import { describeApi } from '#api';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
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

  it('is what a service answers, as is asyncapi.json, whatever its settings', async () => {
    const service = await TestService.start({
      ANALYTICS_TTL_DAYS: '7',
      CHANNEL_STREAM: 'private-{streamer_id}',
    });
    try {
      const response = await fetch(`${service.baseUrl}/docs-json`);
      await expectCommitted((await response.json()) as object);
      const messages = await fetch(`${service.baseUrl}/asyncapi-json`);
      expect(messages.headers.get('content-type')).toMatch(/^application\/json/);
      expect(await messages.json()).toEqual(JSON.parse(await readFile('asyncapi.json', 'utf8')));
    } finally {
      await service.stop();
    }
  });

  it('is a valid document by a public validator', async () => {
    const outcome = await new Validator().validate(await readFile('openapi.json', 'utf8'));
    expect(outcome).toEqual({ valid: true });
  });
});

interface Media {
  schema: object;
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}
interface Parameter {
  name: string;
  required: boolean;
  schema: { example?: unknown };
}
interface Operation {
  operationId: string;
  parameters?: Parameter[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { content?: Record<string, Media> }>;
}

const document = JSON.parse(readFileSync('openapi.json', 'utf8')) as {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
};
const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));

/** OpenAPI 3.0 says `nullable` where JSON Schema has a type `null`, and `example` where it has none. */
const ajv = new Ajv({ strict: false, allErrors: true });
formats.default(ajv);
ajv.addSchema({ $id: 'openapi', ...document });

const faultsOf = (schema: object, value: unknown): unknown[] => {
  const local = JSON.parse(
    JSON.stringify(schema).replaceAll('"#/components', '"openapi#/components'),
  ) as object;
  const validate = ajv.compile(local);
  return validate(value) ? [] : [validate.errors];
};

/** The example that a schema shows of itself, put together from those of its properties. */
function shownBy(schema: object): unknown {
  const given = schema as {
    $ref?: string;
    example?: unknown;
    items?: object;
    properties?: Record<string, object>;
  };
  if (given.$ref) return shownBy(document.components.schemas[given.$ref.split('/').at(-1)!]!);
  if (given.example !== undefined) return given.example;
  if (given.items) return [shownBy(given.items)];
  const properties = Object.entries(given.properties ?? {});
  return Object.fromEntries(properties.map(([name, property]) => [name, shownBy(property)]));
}

const examplesOf = ({ schema, example, examples }: Media): unknown[] => {
  const named = Object.values(examples ?? {}).map(({ value }) => value);
  if (example !== undefined) named.push(example);
  return named.length > 0 ? named : [shownBy(schema)];
};

/** Faults of all examples of an answer or a body, each with its place. */
const faultsIn = (place: string, content: Record<string, Media> = {}) =>
  Object.entries(content).flatMap(([type, media]) => {
    if (!media.schema) return [`${place} ${type} has no schema`];
    const faults = examplesOf(media).flatMap((example) => faultsOf(media.schema, example));
    return faults.length > 0 ? [`${place} ${type}: ${JSON.stringify(faults)}`] : [];
  });

/** An example is what Swagger UI sends unless told otherwise: one of an optional parameter would be sent unasked. */
const showsWhatItNeeds = ({ required, schema }: Parameter) =>
  required
    ? schema.example !== undefined && faultsOf(schema, schema.example).length === 0
    : schema.example === undefined;

describe('the examples of openapi.json', () => {
  it.each(operations.map((operation) => [operation.operationId, operation] as const))(
    'fit their schemas: %s',
    (_, { parameters = [], requestBody, responses }) => {
      const faults = [
        ...faultsIn('body', requestBody?.content),
        ...Object.entries(responses).flatMap(([status, { content }]) => faultsIn(status, content)),
        ...parameters
          .filter((parameter) => !showsWhatItNeeds(parameter))
          .map(({ name }) => `parameter ${name}`),
      ];
      expect(faults).toEqual([]);
      const bare = Object.entries(responses).filter(
        ([status, { content }]) => !['204', '304'].includes(status) && !content,
      );
      expect(bare.map(([status]) => status)).toEqual([]);
    },
  );

  it('take no other properties in a body, since the service refuses them', () => {
    const bodies = JSON.stringify(operations.map(({ requestBody }) => requestBody ?? null));
    const names = [...bodies.matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name]) => name!);
    expect(names).toContain('ShowGoalRequest');
    for (const name of names)
      expect(document.components.schemas[name]).toMatchObject({ additionalProperties: false });
  });
});
