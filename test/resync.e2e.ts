import type { Goal } from '#contracts';
import { newId } from '#platform';
import { fundingBody, until } from './client.js';
import { useService } from './service.js';

describe('a client that missed something', () => {
  const service = useService();
  const streamer = service.client();

  it('gets the goals of the session anew by their ETag, and 304 while nothing has changed', async () => {
    const sessionId = await streamer.openSession();
    const goalId = await streamer.createGoal('show_funding', fundingBody(sessionId));
    await until(async () => (await streamer.goal(goalId)).status === 'active');
    const path = `/sessions/${sessionId}/goals`;
    const first = await streamer.get<{ items: Goal[] }>(path);
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]+"$/);
    for (const header of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const same = await streamer.get(path, { 'if-none-match': header });
      expect(same).toMatchObject({ status: 304, body: undefined });
      expect(same.headers.get('etag')).toBe(etag);
    }
    const gift = { source_id: 'a', user_id: newId(), amount: 7 };
    await service.client(undefined, ['service']).post(`/goals/${goalId}/contributions`, gift);
    const changed = await streamer.get<{ items: Goal[] }>(path, { 'if-none-match': etag });
    expect(changed.status).toBe(200);
    expect(changed.body.items[0]).toMatchObject({ goal_id: goalId, progress: 7 });
    expect(changed.body.items[0]!.version).toBeGreaterThan(first.body.items[0]!.version);
    expect(changed.headers.get('etag')).not.toBe(etag);
  });
});
