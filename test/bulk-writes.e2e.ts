import { insertAll, newId, toObjectId, updateAll } from '#platform';
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
    direct = await createConnection(url.href).asPromise();
    url.port = String(proxy.port);
    mongo = await createConnection(url.href, { serverSelectionTimeoutMS: 500 }).asPromise();
  });
  afterAll(async () => {
    await direct.dropDatabase();
    await Promise.all([direct.close(), mongo.close()]);
    await proxy.stop();
  });

  it('fails as a whole where the connection is gone: nothing counts as written', async () => {
    const things = mongo.collection('thing');
    const _id = toObjectId(newId());
    expect(await insertAll(things, [{ _id }])).toEqual([{ value: undefined }]);
    await proxy.cut();
    await expect(insertAll(things, [{ _id: toObjectId(newId()) }])).rejects.toThrow();
    await expect(updateAll(things, [{ filter: { _id }, update: { $set: { a: 1 } } }])).rejects.toThrow();
    expect(await direct.collection('thing').find().toArray()).toEqual([{ _id }]);
  });
});
