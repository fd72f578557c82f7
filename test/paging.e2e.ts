import { newId, toObjectId } from '#platform';
import { useService } from './service.js';

interface Page {
  items: Record<string, unknown>[];
  next_cursor: string | null;
}

describe('lists', () => {
  const service = useService({}, { apps: ['api'] });
  const streamer = service.client();
  const ids = Array.from({ length: 3 }, () => newId()).toSorted();
  const created_at = new Date();
  let sessionId: string;

  beforeAll(async () => {
    sessionId = await streamer.openSession();
    await service.mongo.collection('goal').insertMany(
      ids.map((id) => ({
        _id: toObjectId(id),
        _cls: 'ShowGoal',
        active: true,
        status: 'active',
        version: 1,
        levels: [{ target: 100 }],
        conditions: { session_id: sessionId },
        context: { type: 'show', session_id: sessionId },
        created_at,
      })),
    );
    // All of one millisecond.
    await service.mongo.collection('livestream_feed').insertMany(
      ids.map((id) => ({
        _id: toObjectId(id),
        session: toObjectId(sessionId),
        streamer: toObjectId(streamer.userId),
        type: 'goal.added',
        goal: toObjectId(id),
        payload: { _cls: 'ShowGoal', context: { session_id: sessionId } },
        created_at,
      })),
    );
    await service.mongo.collection('goal_contribution').insertMany(
      ids.map((user_id) => ({
        goal_id: toObjectId(ids[0]!),
        source_id: newId(),
        user_id,
        amount: 7,
        created_at,
      })),
    );
  });

  const fallingIds = () => ids.toReversed();
  const lists: [string, () => string, string, () => string[]][] = [
    ['goals', () => '/goals', 'goal_id', () => ids],
    ["a session's goals", () => `/sessions/${sessionId}/goals`, 'goal_id', () => ids],
    ['the feed, of one time', () => `/sessions/${sessionId}/feed`, 'feed_id', fallingIds],
    ['the leaderboard, of one amount', () => `/goals/${ids[0]}/leaderboard`, 'user_id', fallingIds],
  ];

  describe.each(lists)('of %s', (_, path, field, expected) => {
    const read = async (limit: number, cursor?: string) =>
      (await streamer.get<Page>(`${path()}?limit=${limit}${cursor ? `&cursor=${cursor}` : ''}`)).body;
    const shown = ({ items }: Page) => items.map((item) => item[field]);

    it('promise no more where all fit the limit, exactly too', async () => {
      for (const limit of [3, 4]) {
        const page = await read(limit);
        expect(shown(page)).toEqual(expected());
        expect(page.next_cursor).toBeNull();
      }
    });

    it.each([1, 2])('are whole, each item once, at %i a page', async (limit) => {
      const found: unknown[] = [];
      let pages = 0;
      let cursor: string | null | undefined;
      do {
        const page: Page = await read(limit, cursor ?? undefined);
        expect(page.items.length).toBeLessThanOrEqual(limit);
        found.push(...shown(page));
        cursor = page.next_cursor;
        pages++;
      } while (cursor && pages < 10);
      expect(found).toEqual(expected());
      expect(pages).toBe(Math.ceil(3 / limit));
    });
  });
});
