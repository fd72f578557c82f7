import { type BatchOutcome, insertAll, newId, toObjectId, updateAll } from '#platform';
import { createConnection, type Connection } from 'mongoose';
import { TcpProxy } from './faults/stage/tcp-proxy.js';

describe('a bulk write', () => {
  let proxy: TcpProxy;
  let mongo: Connection;
  /** Past the proxy: a driver that was cut off finds its server again only in its own time. */
  let direct: Connection;

  beforeAll(async () => {
    const url = new URL(process.env.TEST_MONGO_URL!);
    proxy = await TcpProxy.start(Number(url.port));
    url.pathname = `/bulk_${newId()}`;
    url.search = '?directConnection=true';
    direct = await createConnection(url.href, { appName: 'test' }).asPromise();
    url.port = String(proxy.port);
    mongo = await createConnection(url.href, { appName: 'test', serverSelectionTimeoutMS: 500 }).asPromise();
  });
  afterAll(async () => {
    await direct.dropDatabase();
    await Promise.all([direct.close(), mongo.close()]);
    await proxy.stop();
  });

  it('fails as a whole where the connection is gone: nothing counts as written', async () => {
    const things = mongo.collection('thing');
    const _id = toObjectId(newId());
    expect(await insertAll(things, [{ _id }])).toEqual([{ value: true }]);
    await proxy.cut();
    await expect(insertAll(things, [{ _id: toObjectId(newId()) }])).rejects.toThrow();
    await expect(updateAll(things, [{ filter: { _id }, update: { $set: { a: 1 } } }])).rejects.toThrow();
    expect(await direct.collection('thing').find().toArray()).toEqual([{ _id }]);
  });

  describe('with some items that are refused', () => {
    /** What became of each item, in a word. */
    const wordOf = (outcome: BatchOutcome<boolean>) => {
      if ('error' in outcome) return 'refused';
      return outcome.value ? 'stored' : 'known';
    };

    it.each([
      [['good', 'twin']],
      [['twin', 'good']],
      [['good', 'known', 'twin', 'good']],
      [['known', 'good', 'invalid']],
      [['invalid', 'known', 'good', 'twin', 'invalid', 'good']],
      [['twin', 'invalid']],
      [['known', 'known']],
    ])('gives each of %j its own outcome', async (kinds) => {
      const things = direct.collection(`thing_${newId()}`);
      await things.createIndex({ place: 1 }, { unique: true });
      await direct.db!.command({ collMod: things.collectionName, validator: { place: { $type: 'string' } } });
      const known = { _id: toObjectId(newId()), place: 'known' };
      const taken = { _id: toObjectId(newId()), place: 'taken' };
      await things.insertMany([known, taken]);
      const documents = kinds.map((kind) => {
        const _id = toObjectId(newId());
        if (kind === 'known') return known;
        return { _id, place: { good: newId(), twin: 'taken', invalid: 7 }[kind] };
      });
      const outcomes = await insertAll(things, documents);
      const expected: Record<string, string> = { twin: 'refused', invalid: 'refused', known: 'known' };
      expect(outcomes.map(wordOf)).toEqual(kinds.map((kind) => expected[kind] ?? 'stored'));
      for (const [index, { _id }] of documents.entries())
        expect(await things.countDocuments({ _id })).toBe(wordOf(outcomes[index]!) === 'refused' ? 0 : 1);
    });

    it.each([[['good', 'invalid']], [['invalid', 'good']], [['good', 'missing', 'invalid', 'good']]])(
      'names which of the changes %j was refused',
      async (kinds) => {
        const things = direct.collection(`thing_${newId()}`);
        const documents = kinds.map(() => ({ _id: toObjectId(newId()), place: 'old' }));
        await things.insertMany(documents);
        await direct.db!.command({
          collMod: things.collectionName,
          validator: { place: { $type: 'string' } },
        });
        const { faults, allMatched } = await updateAll(
          things,
          kinds.map((kind, index) => ({
            filter: { _id: kind === 'missing' ? toObjectId(newId()) : documents[index]!._id },
            update: { $set: { place: kind === 'invalid' ? 7 : 'new' } },
          })),
        );
        expect(faults.map((fault) => fault !== undefined)).toEqual(kinds.map((kind) => kind === 'invalid'));
        expect(allMatched).toBe(false);
        const places = await things.find().sort({ _id: 1 }).toArray();
        expect(places.map(({ place }) => place as string)).toEqual(
          kinds.map((kind) => (kind === 'good' ? 'new' : 'old')),
        );
      },
    );
  });
});
