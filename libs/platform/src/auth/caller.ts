import { SetMetadata } from '@nestjs/common';

/** What a caller may be, beside who it is. */
export type Role = 'streamer' | 'service' | 'admin';

/** Who makes a request, as the verified token says. */
export interface Caller {
  /** `sub` of the token. */
  userId: string;
  roles: string[];
}

/** Whether the caller has one of the roles. */
export function hasRole(caller: Caller, ...roles: Role[]): boolean {
  return roles.some((role) => caller.roles.includes(role));
}

export const OPEN = 'goalpost:open';
export const ROLES = 'goalpost:roles';

/** Lets an endpoint answer without a token. */
export const Open = () => SetMetadata(OPEN, true);

/** Asks for one of these roles. */
export const Roles = (...roles: Role[]) => SetMetadata(ROLES, roles);
