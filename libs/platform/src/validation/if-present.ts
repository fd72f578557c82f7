import { ValidateIf } from 'class-validator';

/** The property may be absent; null is a value like any other, and has to hold. */
export const IfPresent = () => ValidateIf((_, value) => value !== undefined);
