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
      nodeOptions: { api: [], worker: [] },
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

  it('lets the api and the worker restart on change, each with a debugger port of its own if asked', () => {
    const { api, worker } = readSettings({ DEV_MODE: 'debug' }).nodeOptions;
    expect(api).toEqual(['--watch', '--watch-preserve-output', '--inspect=127.0.0.1:9229']);
    expect(worker).toEqual(['--watch', '--watch-preserve-output', '--inspect=127.0.0.1:9230']);
    expect(readSettings({ DEV_MODE: 'watch' }).nodeOptions.api).toEqual([
      '--watch',
      '--watch-preserve-output',
    ]);
    expect(() => readSettings({ DEV_MODE: 'on' })).toThrow(/DEV_MODE is not usable/);
  });

  it('names the variable that is not usable', () => {
    expect(() => readSettings({ PORT: 'three' })).toThrow(/PORT is not usable/);
  });
});
