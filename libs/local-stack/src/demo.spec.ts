import { decodeJwt, jwtVerify } from 'jose';
import { demoTokens, instructions } from './demo.js';

const secret = 'a secret that is long enough for HS256';

describe('what a start prints', () => {
  it('holds tokens that the secret verifies, each with its roles', async () => {
    const { streamer, viewer, admin, service, docs } = await demoTokens(secret);
    await jwtVerify(streamer, new TextEncoder().encode(secret), { algorithms: ['HS256'] });
    expect([streamer, viewer, admin, service, docs].map((token) => decodeJwt(token).roles)).toEqual([
      ['streamer'],
      [],
      ['admin'],
      ['service'],
      ['streamer', 'service', 'admin'],
    ]);
  });

  it('holds a line that creates the show goal', () => {
    const tokens = { streamer: 'S', viewer: 'V', admin: 'A', service: 'P', docs: 'D' };
    const session = {
      sessionId: 'the-session',
      fundingGoalId: 'the-funding-goal',
      overlayUrl: 'http://o/overlay?token=T',
    };
    const stores = {
      MONGO_URL: 'mongodb://127.0.0.1:1/goalpost?replicaSet=rs0',
      REDIS_URL: 'redis://127.0.0.1:2',
    };
    const page = instructions({ url: 'http://127.0.0.1:3000', tokens, session, stores });
    const [, body] = /goals\?goal_type=show' .* -d '(.*)'$/m.exec(page) ?? [];
    expect(JSON.parse(body ?? '')).toEqual({
      levels: [{ title: 'first song', target: 600 }, { target: 1800 }],
      unit: 'coins',
      context: { funding_goal_id: 'the-funding-goal', session_id: 'the-session' },
    });
    expect(page).toContain(
      `export MONGO_URL='${stores.MONGO_URL}'\nexport REDIS_URL='${stores.REDIS_URL}'\n`,
    );
    expect(page).toContain('http://127.0.0.1:3000/demo\n');
    expect(page).toContain('http://o/overlay?token=T\n');
  });
});
