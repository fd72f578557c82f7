import { type ClassConstructor, plainToInstance } from 'class-transformer';
import { type ValidationError, validateSync } from 'class-validator';
import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import { type FieldFault, validationFailed } from '../problem/problem.js';

/**
 * Reads a value as an instance of a class, by its class-validator rules; unknown properties are faults.
 * Returns every fault with its JSON pointer; without faults the value is valid.
 */
export function readAs<T extends object>(
  type: ClassConstructor<T>,
  value: unknown,
): { value: T; faults: FieldFault[] } {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { value: new type(), faults: [{ pointer: '', detail: 'must be a JSON object' }] };
  if (isTooDeep(value))
    return { value: new type(), faults: [{ pointer: '', detail: 'is nested too deeply' }] };
  const instance = plainToInstance(type, value);
  const errors = validateSync(instance, {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: false,
  });
  const ofShape = shapeFaults(value);
  const reported = new Set(ofShape.map(({ pointer }) => pointer));
  const ofRules = errors
    .flatMap((error) => faultsOf(error, ''))
    .filter(({ pointer }) => !reported.has(pointer));
  return { value: instance, faults: [...ofShape, ...ofRules] };
}

function faultsOf({ property, constraints, children }: ValidationError, parent: string): FieldFault[] {
  const pointer = `${parent}/${escaped(property)}`;
  const detail = constraints && firstOf(constraints, property);
  return [
    ...(detail === undefined ? [] : [{ pointer, detail }]),
    ...(children ?? []).flatMap((child) => faultsOf(child, pointer)),
  ];
}

/** The fault of the topmost decorator: rules are listed from the lowest one up, and the type is above its limits. */
function firstOf({ nestedValidation, ...constraints }: Record<string, string>, property: string): string {
  const [rule, message] = Object.entries(constraints).at(-1) ?? ['nestedValidation', nestedValidation ?? ''];
  if (rule === 'whitelistValidation') return 'is not a known property';
  return rule === 'nestedValidation' ? 'must be an object' : withoutName(message, property);
}

/** class-validator starts its messages with the property's name, which is already in the pointer. */
function withoutName(message: string, property: string): string {
  return message.startsWith(`${property} `) ? message.slice(property.length + 1) : message;
}

/** No valid body is nested as deeply, and deeper ones exhaust the stack of the libraries that read them. */
const deepest = 16;

/** Whether a value is nested too deeply to be read. */
function isTooDeep(value: unknown, left = deepest): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return left === 0 || Object.values(value).some((child) => isTooDeep(child, left - 1));
}

/**
 * Faults that the rules of classes miss: items of a list within a list are checked by no class, properties named like those
 * of every object (`constructor`, `toString`) are dropped before any rule, and no rule checks the characters of a string.
 */
function shapeFaults(value: unknown, parent = ''): FieldFault[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => {
    const pointer = `${parent}/${escaped(key)}`;
    if (Array.isArray(value) && Array.isArray(child)) return [{ pointer, detail: 'must not be a list' }];
    if (key in Object.prototype) return [{ pointer, detail: 'is not a known property' }];
    if (typeof child === 'string' && !isStorable(child))
      return [{ pointer, detail: 'must hold no NUL and no half of a character' }];
    return shapeFaults(child, pointer);
  });
}

/** Whether a store returns a string unchanged: it replaces lone surrogates, and NUL ends a string in C. */
function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** A name as one step of a JSON pointer (RFC 6901). */
export function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

const plainTypes: unknown[] = [Object, String, Number, Boolean, Array, undefined];

/** Validates every body and query that an endpoint declares by a class; a fault is a 422 with the pointer of its field. */
@Injectable()
export class ValidationPipe implements PipeTransform {
  transform(value: unknown, { metatype, type }: ArgumentMetadata): unknown {
    if (type === 'custom' || type === 'param' || plainTypes.includes(metatype)) return value;
    // No body is read as an empty one; null is a body, but not an object.
    return readOrRefuse(metatype as new () => object, value === undefined ? {} : value);
  }
}

/** Reads a value as an instance of a class; throws validation_failed with all its faults. */
export function readOrRefuse<T extends object>(type: new () => T, value: unknown): T {
  const { value: read, faults } = readAs(type, value);
  if (faults.length > 0) throw validationFailed('The request has invalid fields.', { errors: faults });
  return read;
}
