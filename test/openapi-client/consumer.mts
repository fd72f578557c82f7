/** A client as another team writes it: types from openapi.json, calls by openapi-fetch. Not part of the project's own build. */
import createClient from 'openapi-fetch';
import type { paths } from './goalpost.mjs';

const { BASE_URL: baseUrl, TOKEN: token } = process.env;
const client = createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${token}` } });
const levels = [{ title: 'first song', target: 600 }, { target: 1800 }];
const exp = Math.floor(Date.now() / 1000) + 3600;

/** Asks until there is something to answer. */
async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + 10_000; Date.now() < end;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`did not come to hold: ${look.toString()}`);
}

const { data: session, error: refusal } = await client.POST('/sessions', { body: {} });
if (!session) throw new Error(`${refusal.code}: ${refusal.detail}`);
const { session_id } = session;

const funding = await client.POST('/goals', {
  params: { query: { goal_type: 'show_funding' } },
  body: { levels, context: { session_id }, exp },
});
const funding_goal_id = funding.data!.goal_id;

const pairOf = async () => {
  const { data } = await client.GET('/sessions/{session_id}', { params: { path: { session_id } } });
  return data?.show_goal_pairs.find((pair) => pair.funding_goal === funding_goal_id);
};
await until(pairOf);
const show = await client.POST('/goals', {
  params: { query: { goal_type: 'show' } },
  body: { levels, context: { session_id, funding_goal_id } },
});
const bound = await until(async () => (await pairOf())?.show_goal ?? undefined);
const { data: goal } = await client.GET('/goals/{goal_id}', { params: { path: { goal_id: bound } } });

const again = await client.POST('/goals', {
  params: { query: { goal_type: 'show' } },
  body: { levels, context: { session_id, funding_goal_id } },
});

// What the document does not allow does not compile.
type Create = paths['/goals']['post'];
type GoalType = Create['parameters']['query']['goal_type'];
type Body = Create['requestBody']['content']['application/json'];
const context = { session_id };
export const never: (GoalType | Body | undefined)[] = [
  // @ts-expect-error there is no such type of goal
  'dance' satisfies GoalType,
  // @ts-expect-error a goal has levels
  { context } satisfies Body,
  // @ts-expect-error an unknown property
  { levels, context, exp, colour: 'red' } satisfies Body,
  // @ts-expect-error a goal has no such member
  goal?.state,
];

console.log(
  JSON.stringify({
    accepted: show.response.status,
    location: show.response.headers.get('location'),
    goal_id: show.data?.goal_id,
    bound,
    status: goal?.status,
    pays_for_it: goal?.context.funding_goal_id === funding_goal_id,
    refused: again.error?.code,
    stands_there: again.error?.goal_id,
  }),
);
