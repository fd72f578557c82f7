import { Batcher } from '../batching/batcher.js';
import { carried, Story } from './story.js';

const story = (requestId: string, fields = {}) => Story.begin({ requestId, fields: () => fields });
const fieldsNow = () => Story.current?.fields;

describe('a story', () => {
  it('gives its fields to what runs in it, and to its parts beside their own', async () => {
    const request = story('r1', { route: '/goals' });
    await request.run(async () => {
      await Promise.resolve();
      expect(fieldsNow()).toEqual({ request_id: 'r1', route: '/goals' });
      const part = Story.beginPart('feed', 'internal', () => ({ handler: 'feed' }));
      expect(part.run(fieldsNow)).toEqual({ request_id: 'r1', route: '/goals', handler: 'feed' });
      expect(fieldsNow()).toEqual({ request_id: 'r1', route: '/goals' });
    });
    expect(Story.current).toBeUndefined();
  });

  it('learns on the way', () => {
    const request = story('r1');
    request.run(() => {
      expect(fieldsNow()).toEqual({ request_id: 'r1' });
      Story.note({ goal_id: 'g1' });
    });
    expect(request.fields).toEqual({ request_id: 'r1', goal_id: 'g1' });
    expect(() => Story.note({ goal_id: 'g2' })).not.toThrow();
  });

  it('goes with the jobs that are added in it, and with no others', () => {
    expect(story('r1').run(carried)).toEqual({ story: { request_id: 'r1' } });
    expect(carried()).toEqual({});
  });

  it('is that of the first item in a batch, and of none where the first has none', async () => {
    const seen: unknown[] = [];
    const batcher = new Batcher<string>(
      async (items) => {
        await Promise.resolve();
        seen.push([items, Story.current?.requestId]);
        return items.map(() => ({ value: undefined }));
      },
      { size: 2 },
    );
    await Promise.all([
      story('r1').run(() => batcher.add('a')),
      story('r2').run(() => batcher.add('b')),
      story('r3').run(() => batcher.add('c')),
      batcher.add('d'),
      batcher.add('e'),
    ]);
    expect(seen).toEqual([
      [['a', 'b'], 'r1'],
      [['c', 'd'], 'r3'],
      [['e'], undefined],
    ]);
  });
});
