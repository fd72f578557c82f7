import { Matches } from 'class-validator';

/** A 24-hex id. */
export const IsId = () => Matches(/^[0-9a-f]{24}$/, { message: 'must be an id of 24 hex digits' });
