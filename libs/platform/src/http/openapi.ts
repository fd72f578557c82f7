import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { allowPage } from './http-app.js';

/** What the OpenAPI document says of the api as a whole. */
export interface ApiDescription {
  version: string;
  description: string;
  /** The groups of operations, each with what it is about. */
  tags: Record<string, string>;
  /** The calls that goalpost makes, by their names. */
  webhooks: NonNullable<OpenAPIObject['webhooks']>;
}

/** The OpenAPI document of an application. */
function createOpenApi(
  app: NestFastifyApplication,
  { version, description, tags, webhooks }: ApiDescription,
): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('goalpost')
    .setDescription(description)
    .setVersion(version)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/', 'the api that this document comes from')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' });
  for (const [name, about] of Object.entries(tags)) builder.addTag(name, about);
  const document = SwaggerModule.createDocument(app, builder.build());
  closeBodies(document);
  markOpen(document);
  return { ...document, webhooks };
}

/** Says of operations that need no token that they need none. */
function markOpen(document: OpenAPIObject): void {
  for (const path of Object.values(document.paths))
    for (const operation of Object.values(path) as { security?: object[] }[]) operation.security ??= [];
}

/** The OpenAPI document of a module that is not started and has no connections. */
export async function createOpenApiPreview(
  module: DynamicModule,
  description: ApiDescription,
): Promise<OpenAPIObject> {
  const options = { preview: true, logger: false, abortOnError: false } as const;
  return createOpenApi(
    await NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), options),
    description,
  );
}

/** What a process has different in its documentation. */
export interface DocsOptions {
  /** Changes the document for a request. */
  patch?: (document: OpenAPIObject) => Promise<OpenAPIObject>;
  /** Runs in the browser once Swagger UI is there. Its source is sent, so it must not reference anything outside itself. */
  onComplete?: () => unknown;
}

/** Serves Swagger UI at /docs, its document at /docs-json and the AsyncAPI document at /asyncapi-json. */
export function serveDocs(
  app: NestFastifyApplication,
  description: ApiDescription,
  asyncApi: object,
  { patch, onComplete }: DocsOptions = {},
): void {
  const http = app.getHttpAdapter().getInstance();
  const asyncApiText = JSON.stringify(asyncApi);
  http.get('/asyncapi-json', (_, reply) => reply.type('application/json').send(asyncApiText));
  http.addHook('onRequest', ({ url }, reply, done) => {
    if (/^\/docs(?:[/?]|$)/.test(url)) allowPage(reply);
    done();
  });
  SwaggerModule.setup('docs', app, () => createOpenApi(app, description), {
    jsonDocumentUrl: 'docs-json',
    customSiteTitle: 'goalpost',
    ...(patch && { patchDocumentOnRequest: (_request, _reply, document) => patch(document) }),
    swaggerOptions: {
      persistAuthorization: true,
      tryItOutEnabled: true,
      // By default Swagger UI sends the document to a public validator.
      validatorUrl: 'none',
      plugins: [exampleByParameter],
      ...(onComplete && { onComplete }),
    },
  });
}

type Schema = { type?: string; additionalProperties?: unknown };

/** Marks every object of a request body as closed, because unknown properties are refused. */
function closeBodies(document: OpenAPIObject): void {
  const schemas = (document.components?.schemas ?? {}) as Record<string, Schema>;
  const seen = new Set<string>();
  const close = (part: unknown) => {
    for (const [, name] of JSON.stringify(part).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      const schema = schemas[name!];
      if (!schema || seen.has(name!)) continue;
      seen.add(name!);
      if (schema.type === 'object') schema.additionalProperties = false;
      close(schema);
    }
  };
  for (const path of Object.values(document.paths))
    for (const operation of Object.values(path) as { requestBody?: unknown }[])
      if (operation.requestBody) close(operation.requestBody);
}

/** The part of Swagger UI that the plugin uses; values from the document are Immutable maps and lists. */
interface Immutable {
  getIn(path: string[]): unknown;
  find(holds: (item: Immutable) => boolean): Immutable | undefined;
  includes(value: unknown): boolean;
  toJS(): unknown;
}
type PathMethod = [path: string, method: string];
type ChangeParameter = (
  pathMethod: PathMethod,
  parameter: Immutable,
  value: unknown,
  ...rest: unknown[]
) => unknown;
type ShowExample = (change: {
  name: string;
  pathMethod: PathMethod;
  contextType: string;
  contextName: string;
}) => unknown;
interface System {
  specSelectors: {
    specJson(): Immutable;
    parameterWithMetaByIdentity(pathMethod: PathMethod, parameter: Immutable): Immutable;
  };
  specActions: { changeParamByIdentity: ChangeParameter };
  oas3Actions: {
    setRequestBodyValue(change: { pathMethod: PathMethod; value: string }): void;
    setActiveExamplesMember: ShowExample;
  };
}

/**
 * A Swagger UI plugin for bodies whose form depends on a parameter: choosing a value shows the example body of that name, and
 * choosing an example sets the value. Its source is sent to the browser, so it must not reference anything outside itself.
 */
function exampleByParameter() {
  const enumOf = (parameter: Immutable) => parameter.getIn(['schema', 'enum']) as Immutable | undefined;

  const changeParamByIdentity =
    (change: ChangeParameter, { specSelectors, oas3Actions }: System): ChangeParameter =>
    (pathMethod, parameter, value, ...rest) => {
      const outcome = change(pathMethod, parameter, value, ...rest);
      const body = ['paths', ...pathMethod, 'requestBody', 'content', 'application/json'];
      const place = [...body, 'examples', String(value), 'value'];
      const example = specSelectors.specJson().getIn(place) as Immutable | undefined;
      if (!enumOf(parameter) || !example) return outcome;
      oas3Actions.setRequestBodyValue({ pathMethod, value: JSON.stringify(example.toJS(), null, 2) });
      const shown = { contextType: 'requestBody', contextName: 'requestBody' };
      oas3Actions.setActiveExamplesMember({ name: String(value), pathMethod, ...shown });
      return outcome;
    };

  const setActiveExamplesMember =
    (show: ShowExample, { specSelectors, specActions }: System): ShowExample =>
    (change) => {
      const outcome = show(change);
      const { name, pathMethod, contextType } = change;
      if (contextType !== 'requestBody') return outcome;
      const place = ['paths', ...pathMethod, 'parameters'];
      const parameters = specSelectors.specJson().getIn(place) as Immutable | undefined;
      const parameter = parameters?.find((one) => enumOf(one)?.includes(name) ?? false);
      const isChosen = (one: Immutable) =>
        specSelectors.parameterWithMetaByIdentity(pathMethod, one).getIn(['value']) === name;
      if (parameter && !isChosen(parameter)) specActions.changeParamByIdentity(pathMethod, parameter, name);
      return outcome;
    };

  return {
    statePlugins: {
      spec: { wrapActions: { changeParamByIdentity } },
      oas3: { wrapActions: { setActiveExamplesMember } },
    },
  };
}
