import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import { readFileSync } from 'node:fs';

interface Message {
  payload: object;
  headers?: object;
}

interface Document {
  components: { messages: Record<string, Message>; schemas: Record<string, object> };
}

const validators = new Map<string, ValidateFunction | undefined>();
const faults = new Set<string>();
let loaded: { messages: Record<string, Message>; ajv: Ajv } | undefined;

/**
 * The document, with its payloads closed: a field that it does not have is a fault here, though clients ignore it. A
 * transport may have headers of its own.
 */
function load() {
  const document = JSON.parse(readFileSync('asyncapi.json', 'utf8')) as Document;
  const { messages, schemas } = document.components;
  const ajv = new Ajv({ strict: false, allErrors: true });
  formats.default(ajv);
  ajv.addSchema({ $id: 'payload', components: { schemas: closed(schemas) as object } });
  ajv.addSchema({ $id: 'headers', components: { schemas } });
  return { messages, ajv };
}

function closed(part: unknown): unknown {
  if (typeof part !== 'object' || part === null) return part;
  if (Array.isArray(part)) return part.map(closed);
  const inner = Object.fromEntries(Object.entries(part).map(([key, value]) => [key, closed(value)]));
  const isOpen = inner.type === 'object' && inner.properties && !('additionalProperties' in inner);
  return isOpen ? { ...inner, additionalProperties: false } : inner;
}

function validatorOf(name: string, part: keyof Message): ValidateFunction | undefined {
  const key = `${name} ${part}`;
  if (!validators.has(key)) {
    const { messages, ajv } = (loaded ??= load());
    const schema = messages[name]?.[part];
    const local = JSON.stringify(schema ?? {}).replaceAll('"#/components', `"${part}#/components`);
    validators.set(key, schema && ajv.compile(JSON.parse(local) as object));
  }
  return validators.get(key);
}

/** What asyncapi.json has against a message of this name, if anything. */
export function wireFaults(name: string, payload: unknown, headers?: unknown): string[] {
  const validate = validatorOf(name, 'payload');
  if (!validate) return [`asyncapi.json has no message ${name}`];
  const of = (validator: ValidateFunction, value: unknown) =>
    validator(value) ? [] : [`${name}: ${JSON.stringify(validator.errors)}`];
  const ofHeaders = headers === undefined ? undefined : validatorOf(name, 'headers');
  return [...of(validate, payload), ...(ofHeaders ? of(ofHeaders, headers) : [])];
}

/** Holds real traffic to asyncapi.json; the service of the test fails at its end if anything did not fit. */
export function checkWire(name: string, payload: unknown, headers?: unknown): void {
  for (const fault of wireFaults(name, payload, headers)) faults.add(fault);
}

/** What did not fit since the last call. */
export function takeWireFaults(): string[] {
  const found = [...faults];
  faults.clear();
  return found;
}

/** The names of all messages of the document. */
export function wireMessages(): string[] {
  return Object.keys((loaded ??= load()).messages);
}

/** The message of the document by which an event was pushed to a channel; undefined if it is none of goalpost's. */
export function pushedAs(event: string, data: Record<string, unknown>): string | undefined {
  if (!/^(goal|stream)\./.test(event)) return undefined;
  if ('ciphertext' in data) return 'sealed';
  if (data.truncated === true) return undefined;
  return event.startsWith('stream.') ? event : `stream.${event}`;
}
