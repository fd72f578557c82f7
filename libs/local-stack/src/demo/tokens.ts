import { SignJWT } from 'jose';

/** Ready-made bearer tokens for trying things out. */
export interface DemoTokens {
  streamer: string;
  viewer: string;
  admin: string;
}

const EXPIRES_IN = '30d';

/** Who the tokens speak for; fixed, so that a later start meets the same people. */
const USERS = {
  streamer: { sub: '5f0000000000000000000001', roles: ['streamer'] },
  viewer: { sub: '5f0000000000000000000002', roles: [] },
  admin: { sub: '5f0000000000000000000003', roles: ['admin'] },
};

function sign(secret: string, { sub, roles }: { sub: string; roles: string[] }): Promise<string> {
  return new SignJWT({ roles })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(sub)
    .setIssuedAt()
    .setExpirationTime(EXPIRES_IN)
    .sign(new TextEncoder().encode(secret));
}

/** Signs one token for each kind of user. */
export async function demoTokens(secret: string): Promise<DemoTokens> {
  const [streamer, viewer, admin] = await Promise.all([
    sign(secret, USERS.streamer),
    sign(secret, USERS.viewer),
    sign(secret, USERS.admin),
  ]);
  return { streamer, viewer, admin };
}
