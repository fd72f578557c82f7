import { localIssuer } from '#platform';
import { SignJWT } from 'jose';

/** Ready-made bearer tokens for trying things out. */
export interface DemoTokens {
  streamer: string;
  viewer: string;
  admin: string;
  /** Of the platform's own services: it sells the tickets. */
  service: string;
}

const EXPIRES_IN = '30d';

/** Who the tokens speak for; fixed, so that a later start meets the same people. */
export const DEMO_USERS = {
  streamer: { sub: '5f0000000000000000000001', roles: ['streamer'] },
  viewer: { sub: '5f0000000000000000000002', roles: [] },
  admin: { sub: '5f0000000000000000000003', roles: ['admin'] },
  service: { sub: '5f0000000000000000000004', roles: ['service'] },
};

function sign(secret: string, { sub, roles }: { sub: string; roles: string[] }): Promise<string> {
  return new SignJWT({ roles })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer(localIssuer)
    .setSubject(sub)
    .setIssuedAt()
    .setExpirationTime(EXPIRES_IN)
    .sign(new TextEncoder().encode(secret));
}

/** Signs one token for each kind of user. */
export async function demoTokens(secret: string): Promise<DemoTokens> {
  const [streamer, viewer, admin, service] = await Promise.all([
    sign(secret, DEMO_USERS.streamer),
    sign(secret, DEMO_USERS.viewer),
    sign(secret, DEMO_USERS.admin),
    sign(secret, DEMO_USERS.service),
  ]);
  return { streamer, viewer, admin, service };
}
