import { ConfigError } from '#platform';
import { loadAppConfig as loadConfig } from './app-config.js';

const valid = {
  MONGO_URL: 'mongodb://127.0.0.1/goalpost',
  REDIS_URL: 'redis://127.0.0.1',
  JWT_SECRET: 'x'.repeat(32),
};
const load = (env: NodeJS.ProcessEnv) => loadConfig({ ...valid, ...env });

describe('the variables of HTTP', () => {
  it('let nothing in from elsewhere unless it is said', () => {
    const { http, limits } = load({});
    expect(http).toMatchObject({ proxies: false, corsOrigins: [], docs: true, metrics: true });
    expect(limits.rates.user).toEqual({ requests: 10_000, seconds: 10 });
    expect(load({ RATE_LIMIT: 'off' }).limits.rates).toEqual({});
  });

  it('read lists', () => {
    const { http } = load({
      TRUST_PROXY: '10.0.0.0/8, ::1,loopback',
      CORS_ORIGINS: 'https://a.example,http://b:81',
    });
    expect(http.proxies).toEqual(['10.0.0.0/8', '::1', 'loopback']);
    expect(http.corsOrigins).toEqual(['https://a.example', 'http://b:81']);
  });

  it.each([
    ['TRUST_PROXY', 'true'],
    ['TRUST_PROXY', '1'],
    ['TRUST_PROXY', '10.0.0.0/33'],
    ['TRUST_PROXY', 'proxy.example'],
    ['CORS_ORIGINS', '*'],
    ['CORS_ORIGINS', 'https://a.example/'],
    ['CORS_ORIGINS', 'a.example'],
    ['RATE_LIMIT', '100'],
    ['MAX_IN_FLIGHT', '0'],
    ['MAX_BACKLOG', 'many'],
    ['DOCS', 'closed'],
  ])('%s is refused as %s', (name, value) => {
    expect(() => load({ [name]: value })).toThrow(ConfigError);
    expect(() => load({ [name]: value })).toThrow(`${name}: `);
  });
});
