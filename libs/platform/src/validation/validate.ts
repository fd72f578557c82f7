import { type ClassConstructor, plainToInstance } from 'class-transformer';
import { type ValidationError, validateSync } from 'class-validator';
import type { FieldFault } from '../problem/problem.js';
import { escaped, isTooDeep, shapeFaults } from './shape.js';

/**
 * Reads a value as an instance of a class, by its class-validator rules; unknown properties are faults.
 * Returns every fault with its JSON pointer; without faults the value holds.
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
  const told = new Set(ofShape.map(({ pointer }) => pointer));
  const ofRules = errors.flatMap((error) => faultsOf(error, '')).filter(({ pointer }) => !told.has(pointer));
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

/** The fault of the topmost rule: rules are listed from the lowest decorator up, and the type stands above its limits. */
function firstOf({ nestedValidation, ...constraints }: Record<string, string>, property: string): string {
  const [rule, message] = Object.entries(constraints).at(-1) ?? ['nestedValidation', nestedValidation ?? ''];
  if (rule === 'whitelistValidation') return 'is not a known property';
  return rule === 'nestedValidation' ? 'must be an object' : withoutName(message, property);
}

/** class-validator begins its sentences with the property's name, which the pointer says already. */
function withoutName(message: string, property: string): string {
  return message.startsWith(`${property} `) ? message.slice(property.length + 1) : message;
}
