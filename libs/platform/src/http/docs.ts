import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { allowPage } from './security-headers.js';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { closeBodies } from './closed-bodies.js';
import { exampleByParameter } from './example-by-parameter.js';

/** The OpenAPI document of an application. */
export function describe(app: NestFastifyApplication): OpenAPIObject {
  const document = SwaggerModule.createDocument(
    app,
    new DocumentBuilder()
      .setTitle('goalpost')
      .setDescription(
        'Goals on live streams. Authorize with a token (`npm start` prints one of each role). ' +
          'Errors are problem details (RFC 9457) with a stable `code`.',
      )
      .setVersion('1')
      .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' })
      .build(),
  );
  closeBodies(document);
  return document;
}

/** The OpenAPI document of a module that is neither started nor connected to anything. */
export async function describeUnstarted(module: DynamicModule): Promise<OpenAPIObject> {
  const options = { preview: true, logger: false, abortOnError: false } as const;
  return describe(await NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), options));
}

/** Serves Swagger UI at /docs and the document at /docs-json. */
export function serveDocs(app: NestFastifyApplication): void {
  const http = app.getHttpAdapter().getInstance();
  http.addHook('onRequest', ({ url }, reply, done) => {
    if (/^\/docs(?:[/?]|$)/.test(url)) allowPage(reply);
    done();
  });
  SwaggerModule.setup('docs', app, () => describe(app), {
    jsonDocumentUrl: 'docs-json',
    customSiteTitle: 'goalpost',
    swaggerOptions: {
      persistAuthorization: true,
      tryItOutEnabled: true,
      // By itself Swagger UI sends the document to a validator on the internet.
      validatorUrl: 'none',
      plugins: [exampleByParameter],
    },
  });
}
