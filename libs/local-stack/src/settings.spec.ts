import { resolve } from 'node:path';
import { readSettings } from './settings.js';

describe('readSettings', () => {
  it('needs nothing to be set, and takes an empty variable for one that is not', () => {
    const expected = {
      dataDir: resolve('.data'),
      port: 3000,
      mongoUrl: '',
      redisUrl: '',
      jwtSecret: '',
      pusherAppId: '',
    };
    expect(readSettings({})).toEqual(expected);
    expect(readSettings({ PORT: '', DATA_DIR: '', MONGO_URL: '' })).toEqual(expected);
  });

  it('takes what is set', () => {
    const settings = readSettings({
      PORT: '3100',
      DATA_DIR: 'elsewhere',
      REDIS_URL: 'redis://127.0.0.1:6379',
    });
    expect(settings).toMatchObject({
      port: 3100,
      dataDir: resolve('elsewhere'),
      redisUrl: 'redis://127.0.0.1:6379',
    });
  });

  it('names the variable that is not usable', () => {
    expect(() => readSettings({ PORT: 'three' })).toThrow(/PORT is not usable/);
  });
});
