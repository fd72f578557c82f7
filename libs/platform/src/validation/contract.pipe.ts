import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import { validationFailed } from '../problem/http-problems.js';
import { readAs } from './validate.js';

const plainTypes: unknown[] = [Object, String, Number, Boolean, Array, undefined];

/** Checks every body and query that an endpoint declares by a class; a fault is a 422 with the pointer of its field. */
@Injectable()
export class ContractPipe implements PipeTransform {
  transform(value: unknown, { metatype, type }: ArgumentMetadata): unknown {
    if (type === 'custom' || type === 'param' || plainTypes.includes(metatype)) return value;
    const { value: read, faults } = readAs(metatype as new () => object, value ?? {});
    if (faults.length > 0) throw validationFailed('The request has invalid fields.', { errors: faults });
    return read;
  }
}
