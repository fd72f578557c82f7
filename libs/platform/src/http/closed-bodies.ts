import type { OpenAPIObject } from '@nestjs/swagger';

type Schema = { type?: string; additionalProperties?: unknown };

/** Says of every object that a request may carry that it takes no other properties: unknown ones are refused. */
export function closeBodies(document: OpenAPIObject): void {
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
