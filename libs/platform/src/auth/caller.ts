import { SetMetadata } from '@nestjs/common';

/** The roles a caller may have. */
export type Role = 'streamer' | 'service' | 'admin';

/** Who makes a request, by the verified token. */
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

/** Makes an endpoint public: no token is needed. */
export const Open = () => SetMetadata(OPEN, true);

/** Requires one of these roles. */
export const Roles = (...roles: Role[]) => SetMetadata(ROLES, roles);
