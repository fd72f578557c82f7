import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { localIssuer } from '#platform';
import { SignJWT } from 'jose';
import type { StoreUrls } from './data-dir.js';
import { until } from './processes/until.js';

/** A session with a show funding goal that has no show goal yet. */
export interface DemoSession {
  sessionId: string;
  fundingGoalId: string;
  /** The address of its overlay, with a token. */
  overlayUrl: string;
}

/** Bearer tokens for trying things out. */
export interface DemoTokens {
  streamer: string;
  viewer: string;
  admin: string;
  /** For other services of the platform, such as the one that sells tickets. */
  service: string;
  /** The streamer in every role, for Swagger UI. */
  docs: string;
}

/** The users of the tokens; fixed, so that they are the same after a restart. */
const DEMO_USERS = {
  streamer: { sub: '5f0000000000000000000001', roles: ['streamer'] },
  viewer: { sub: '5f0000000000000000000002', roles: [] },
  admin: { sub: '5f0000000000000000000003', roles: ['admin'] },
  service: { sub: '5f0000000000000000000004', roles: ['service'] },
};
const TOKENS_EXPIRE_IN = '30d';
const GOAL_OPEN_SECONDS = 3_600;
const BOUND_WITHIN_MS = 30_000;
const REQUEST_TIMEOUT_MS = 10_000;

/** Signs one token for each kind of user. */
export async function demoTokens(secret: string): Promise<DemoTokens> {
  const sign = ({ sub, roles }: { sub: string; roles: string[] }) =>
    new SignJWT({ roles })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setIssuer(localIssuer)
      .setSubject(sub)
      .setIssuedAt()
      .setExpirationTime(TOKENS_EXPIRE_IN)
      .sign(new TextEncoder().encode(secret));
  return {
    streamer: await sign(DEMO_USERS.streamer),
    viewer: await sign(DEMO_USERS.viewer),
    admin: await sign(DEMO_USERS.admin),
    service: await sign(DEMO_USERS.service),
    docs: await sign({ ...DEMO_USERS.streamer, roles: ['streamer', 'service', 'admin'] }),
  };
}

/** Opens a session and its show funding goal over the API, and waits until the worker has bound the two. */
export async function createDemoSession(
  url: string,
  token: string,
  signal: AbortSignal,
): Promise<DemoSession> {
  const request = async <T>(method: string, path: string, expected: number, body?: object): Promise<T> => {
    const response = await fetch(new URL(path, url), {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      body: body && JSON.stringify(body),
      signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
    });
    if (response.status !== expected) {
      throw new Error(`${method} ${path} of the demo answered ${response.status}: ${await response.text()}`);
    }
    return (await response.json()) as T;
  };
  const { session_id: sessionId } = await request<{ session_id: string }>('POST', '/sessions', 201, {});
  const { goal_id: fundingGoalId } = await request<{ goal_id: string }>(
    'POST',
    '/goals?goal_type=show_funding',
    202,
    {
      levels: [{ title: 'first 50 tickets', target: 50 }, { target: 200 }],
      context: { session_id: sessionId },
      exp: Math.floor(Date.now() / 1000) + GOAL_OPEN_SECONDS,
    },
  );
  const isBound = async () => {
    const session = await request<{ show_goal_pairs: { funding_goal: string }[] }>(
      'GET',
      `/sessions/${sessionId}`,
      200,
    );
    return session.show_goal_pairs.some((pair) => pair.funding_goal === fundingGoalId);
  };
  await until(isBound, {
    what: 'the demo funding goal to be bound to its session',
    withinMs: BOUND_WITHIN_MS,
    signal,
  });
  const { url: overlayUrl } = await request<{ url: string }>(
    'POST',
    `/sessions/${sessionId}/overlay-tokens`,
    201,
  );
  return { sessionId, fundingGoalId, overlayUrl };
}

/** The file from which the api reads what the demo pages need. */
export function demoFile(dataDir: string): string {
  return join(dataDir, 'demo.json');
}

/** Removes the file of an earlier start: its session is not the one to show. */
export function removeDemoFile(dataDir: string): Promise<void> {
  return rm(demoFile(dataDir), { force: true });
}

/** Writes the ids and tokens of the demo in one step, readable by the owner alone. */
export async function writeDemoFile(
  dataDir: string,
  { sessionId, fundingGoalId, overlayUrl }: DemoSession,
  tokens: DemoTokens,
): Promise<void> {
  const content = {
    session_id: sessionId,
    funding_goal_id: fundingGoalId,
    overlay_url: overlayUrl,
    streamer: { user_id: DEMO_USERS.streamer.sub, token: tokens.streamer },
    viewer: { user_id: DEMO_USERS.viewer.sub, token: tokens.viewer },
    service: { token: tokens.service },
    docs: { token: tokens.docs },
  };
  const draft = `${demoFile(dataDir)}.new`;
  await rm(draft, { force: true });
  await writeFile(draft, JSON.stringify(content, null, 2), { mode: 0o600 });
  await rename(draft, demoFile(dataDir));
}

/** The text that a start ends with: addresses, tokens, and commands to paste into a shell. */
export function instructions(demo: {
  url: string;
  tokens: DemoTokens;
  session: DemoSession;
  stores: StoreUrls;
}): string {
  const { url, tokens, session, stores } = demo;
  const { sessionId, fundingGoalId, overlayUrl } = session;
  const showGoal = {
    levels: [{ title: 'first song', target: 600 }, { target: 1800 }],
    unit: 'coins',
    context: { funding_goal_id: fundingGoalId, session_id: sessionId },
  };
  const get = (path: string) => `curl -s '${url}${path}' -H 'authorization: Bearer ${tokens.viewer}'`;
  return `
goalpost is up; Ctrl-C stops it.

API        ${url}
Swagger UI ${url}/docs
Demo       ${url}/demo
Overlay    ${overlayUrl}
Studio     ${url}/overlay/studio?session=${sessionId}
Console    ${url}/admin, with the token of the admin

streamer   ${tokens.streamer}
viewer     ${tokens.viewer}
admin      ${tokens.admin}
service    ${tokens.service}

Create the show goal of the demo's funding goal:
curl -s -X POST '${url}/goals?goal_type=show' -H 'authorization: Bearer ${tokens.streamer}' -H 'content-type: application/json' -d '${JSON.stringify(showGoal)}'

Read the session, which soon holds the show goal beside its funding goal:
${get(`/sessions/${sessionId}`)}

Read the feed, which shows the new goal to the viewers:
${get(`/sessions/${sessionId}/feed`)}

The command line of operators works on these stores with --local, or in a shell with:
export MONGO_URL='${stores.MONGO_URL}'
export REDIS_URL='${stores.REDIS_URL}'
npm run goalpost -- --help
`;
}
