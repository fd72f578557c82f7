import type { DemoSession } from './demo-session.js';
import type { DemoTokens } from './tokens.js';

/** What the page of instructions is about. */
export interface Demo {
  url: string;
  tokens: DemoTokens;
  session: DemoSession;
}

function curlPost(url: string, token: string, body: object): string {
  const json = "-H 'content-type: application/json'";
  return `curl -s -X POST '${url}' -H 'authorization: Bearer ${token}' ${json} -d '${JSON.stringify(body)}'`;
}

function curlGet(url: string, token: string): string {
  return `curl -s '${url}' -H 'authorization: Bearer ${token}'`;
}

/** The page that a start ends with: addresses, tokens, and lines to paste into a shell. */
export function instructions({ url, tokens, session }: Demo): string {
  const { sessionId, fundingGoalId } = session;
  const showGoal = {
    levels: [{ title: 'first song', target: 600 }, { target: 1800 }],
    context: { funding_goal_id: fundingGoalId, session_id: sessionId },
  };
  return `
goalpost is up; Ctrl-C stops it.

API        ${url}
Swagger UI ${url}/docs
Demo       ${url}/demo
Overlay    ${url}/overlay/${sessionId}

streamer   ${tokens.streamer}
viewer     ${tokens.viewer}
admin      ${tokens.admin}
service    ${tokens.service}

Create the show goal that the demo's funding goal pays for:
${curlPost(`${url}/goals?goal_type=show`, tokens.streamer, showGoal)}

Read the session, where the show goal soon stands beside its funding goal:
${curlGet(`${url}/sessions/${sessionId}`, tokens.viewer)}

Read the feed, which tells the viewers:
${curlGet(`${url}/sessions/${sessionId}/feed`, tokens.viewer)}
`;
}
