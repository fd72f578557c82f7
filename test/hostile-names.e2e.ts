import { hostileNames, hostileTargets } from './hostile-names.js';
import { sendRaw } from './raw-connection.js';
import { buildScene, everythingKept, type Scene } from './refusal-scene.js';

describe('what a client names', () => {
  let scene: Scene;
  let before: unknown;
  beforeAll(async () => {
    scene = await buildScene();
    before = await everythingKept(scene);
  });
  afterAll(() => scene.service?.stop());

  it.each(hostileNames)('$status $code: $name', async ({ send, status, code, pointers = [] }) => {
    const { status: seen, body } = await send(scene);
    expect({ seen, code: body.code }).toEqual({ seen: status, code });
    expect((body.errors ?? []).map(({ pointer }) => pointer)).toEqual(pointers);
  });

  it('leaves nothing behind', async () => {
    expect(await everythingKept(scene)).toEqual(before);
  });

  it.each(hostileTargets)('%s opens nothing to who has no token', async (target) => {
    const { status } = await sendRaw(
      scene.service.baseUrl,
      `GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
    );
    expect([400, 401, 403, 404, 405]).toContain(status);
  });
});
