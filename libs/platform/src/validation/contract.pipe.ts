import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import { validationFailed } from '../problem/http-problems.js';
import { readAs } from './validate.js';

const plainTypes: unknown[] = [Object, String, Number, Boolean, Array, undefined];

/** Checks every body and query that an endpoint declares by a class; a fault is a 422 with the pointer of its field. */
@Injectable()
export class ContractPipe implements PipeTransform {
  transform(value: unknown, { metatype, type }: ArgumentMetadata): unknown {
    if (type === 'custom' || type === 'param' || plainTypes.includes(metatype)) return value;
    // Without a body there is nothing to refuse; null is one, and no object.
    return readOrRefuse(metatype as new () => object, value === undefined ? {} : value);
  }
}

/** Reads a value as an instance of a class; throws validation_failed with all its faults. */
export function readOrRefuse<T extends object>(type: new () => T, value: unknown): T {
  const { value: read, faults } = readAs(type, value);
  if (faults.length > 0) throw validationFailed('The request has invalid fields.', { errors: faults });
  return read;
}
