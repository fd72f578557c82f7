import { type GoalType, goalTypes } from '#contracts';
import { until } from './client.js';
import { useService } from './service.js';

interface Media {
  schema?: Schema;
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}
interface Schema {
  $ref?: string;
  anyOf?: Schema[];
  items?: Schema;
  example?: unknown;
  properties?: Record<string, Schema>;
  required?: string[];
}
interface Operation {
  operationId?: string;
  summary?: string;
  description?: string;
  security?: Record<string, unknown>[];
  parameters?: { name: string; in: string; schema: Schema & { enum?: string[] } }[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { content?: Record<string, Media> }>;
}
interface OpenApi {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; securitySchemes: Record<string, object> };
}
interface Named extends Operation {
  path: string;
  method: string;
}

const open = ['/health/live', '/health/ready', '/metrics'];
const isOpen = ({ path }: Named) => open.includes(path);
const nameOf = ({ method, path }: Named) => `${method} ${path}`;

describe('the OpenAPI document', () => {
  const service = useService();
  const streamer = service.client();
  let document: OpenApi;
  let operations: Named[];

  beforeAll(async () => {
    document = JSON.parse((await fetched('/docs-json')).text) as OpenApi;
    operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
    );
  });

  /** Fetches without a token, and reads to the end so that the service can stop at once. */
  async function fetched(path: string, method = 'GET') {
    // fetch sends `patch` as it is written, which is no method.
    const response = await fetch(service.baseUrl + path, { method: method.toUpperCase() });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  const resolved = (schema: Schema = {}): Schema =>
    schema.$ref ? (document.components.schemas[schema.$ref.split('/').at(-1)!] ?? {}) : schema;

  /** Whether a schema shows an example of all that must be there. */
  function showsExample(given: Schema | undefined): boolean {
    const schema = resolved(given);
    if (schema.example !== undefined) return true;
    if (schema.items) return showsExample(schema.items);
    const properties = Object.entries(schema.properties ?? {});
    const needed = properties.filter(([name]) => schema.required?.includes(name) ?? true);
    return needed.length > 0 && needed.every(([, property]) => showsExample(property));
  }

  const hasExample = ({ example, examples, schema }: Media) =>
    example !== undefined || Object.keys(examples ?? {}).length > 0 || showsExample(schema);

  const lacking = (holds: (operation: Named) => boolean) =>
    operations.filter((operation) => !holds(operation)).map(nameOf);

  const errorsOf = ({ responses }: Named) =>
    Object.entries(responses).filter(([status]) => Number(status) >= 400);

  it('has the endpoints of the contract', () => {
    expect(document.openapi).toMatch(/^3\./);
    expect(operations.map(nameOf)).toEqual(
      expect.arrayContaining([
        'post /goals',
        'get /goals/{goal_id}',
        'get /goals',
        'get /sessions/{session_id}/goals',
        'post /sessions/{session_id}/end',
        'post /sessions',
        'get /sessions/{session_id}',
        'get /sessions/{session_id}/feed',
        'get /health/live',
        'get /health/ready',
      ]),
    );
  });

  it('names every operation once, and says what it is for', () => {
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(lacking(({ operationId, summary }) => /^\w+$/.test(operationId ?? '') && !!summary)).toEqual([]);
    expect(lacking(({ description }) => (description?.length ?? 0) > 20)).toEqual([]);
  });

  it('shows a successful answer of every operation', () => {
    const showsSuccess = ({ responses }: Named) =>
      Object.entries(responses).some(
        ([status, { content }]) =>
          status === '204' || (Number(status) < 300 && Object.values(content ?? {}).some(hasExample)),
      );
    expect(lacking(showsSuccess)).toEqual([]);
  });

  it('asks for the bearer token where the service does, and nowhere else', async () => {
    expect(document.components.securitySchemes.bearer).toMatchObject({ type: 'http', scheme: 'bearer' });
    const asks = ({ security }: Named) => security?.some((scheme) => 'bearer' in scheme) ?? false;
    expect(lacking((operation) => asks(operation) !== isOpen(operation))).toEqual([]);
    expect(lacking((operation) => operation.security !== undefined)).toEqual([]);
    for (const operation of operations) {
      const { status } = await fetched(operation.path.replaceAll(/[{}]/g, 'x'), operation.method);
      expect([nameOf(operation), status === 401]).toEqual([nameOf(operation), asks(operation)]);
    }
  });

  it('shows every refusal as problem details with an example of its code', () => {
    const faults = operations.flatMap((operation) =>
      errorsOf(operation).flatMap(([status, { content = {} }]) => {
        const media = content['application/problem+json'];
        const holds = Object.entries(media?.examples ?? {}).every(([code, { value }]) => {
          const shown = value as { code: string; status: number; type: string; title: string };
          return shown.code === code && String(shown.status) === status && shown.type && shown.title;
        });
        return media?.examples && holds && Object.keys(content).length === 1
          ? []
          : [`${nameOf(operation)} ${status}`];
      }),
    );
    expect(faults).toEqual([]);
    expect(lacking((operation) => isOpen(operation) || '401' in operation.responses)).toEqual([]);
  });

  it('shows each refusal of POST /goals that its contract names', () => {
    const { responses } = document.paths['/goals']!.post!;
    expect(Object.keys(responses).toSorted()).toEqual(
      expect.arrayContaining(['202', '400', '401', '403', '404', '409', '413', '415', '422']),
    );
  });

  it('has a body schema and an example for each goal_type of POST /goals', () => {
    const { parameters = [], requestBody } = document.paths['/goals']!.post!;
    const types = parameters.find(({ name }) => name === 'goal_type')!.schema.enum!;
    expect(types).toEqual(Object.values(goalTypes));
    const { schema, examples = {} } = requestBody!.content['application/json']!;
    expect(Object.keys(examples)).toEqual(types);
    const bodies = schema!.anyOf!.map(({ $ref }) => $ref);
    expect(new Set(bodies).size).toBe(types.length);
    for (const body of schema!.anyOf!) {
      expect(resolved(body).required).toEqual(expect.arrayContaining(['levels', 'context']));
      expect(showsExample(body)).toBe(true);
    }
  });

  /** The documented body of a goal_type with ids that are there. */
  function exampleOf(goalType: string, ids: Record<string, string>): object {
    const { examples } = document.paths['/goals']!.post!.requestBody!.content['application/json']!;
    const body = structuredClone(examples![goalType]!.value) as { context: object; exp?: number };
    if (body.exp !== undefined) expect(body.exp * 1000).toBeGreaterThan(Date.now());
    expect(Object.keys(body.context).toSorted()).toEqual(Object.keys(ids).toSorted());
    return { ...body, context: ids };
  }

  it('shows a body of every goal_type that is accepted', async () => {
    const session_id = await streamer.openSession();
    const create = (goalType: GoalType, ids: object = {}) =>
      streamer.createGoal(goalType, exampleOf(goalType, { session_id, ...ids }));
    const funding_goal_id = await create('show_funding');
    const trigger_exclusive_goal_id = await create('trigger_exclusive');
    await until(async () => {
      const { show_goal_pairs, exclusive_goal_pairs } = await streamer.session(session_id);
      return show_goal_pairs.length + exclusive_goal_pairs.length === 2;
    });
    await create('show', { funding_goal_id });
    await create('exclusive', { trigger_exclusive_goal_id });
    await create('karaoke');
    await create('trigger_private');
  });

  it('is served with Swagger UI, without a token', async () => {
    const { status, headers, text } = await fetched('/docs');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch('text/html');
    expect(text).toMatch(/swagger-ui/i);
    for (const [, file] of text.matchAll(/(?:src|href)="(\.\/docs\/[^"]+\.(?:js|css))"/g))
      expect((await fetched(`/${file}`)).status).toBe(200);
  });
});
