import { redisHosts } from './redis-connection.js';
import { persistenceWarning, redisIncompatibility } from './redis.module.js';

const where = '10.0.0.1:6379';
const info = (...lines: string[]) => ['# Server', ...lines, 'redis_mode:standalone', ''].join('\r\n');

describe('redisIncompatibility', () => {
  it.each([
    ['Redis 7', info('redis_version:7.0.0')],
    ['a version of two digits', info('redis_version:10.0.1')],
    ['Valkey', info('redis_version:7.2.4', 'server_name:valkey', 'valkey_version:9.1.2')],
    ['one that does not tell its version', ''],
  ])('takes %s', (_, answer) => {
    expect(redisIncompatibility(where, answer)).toBeUndefined();
  });

  it.each(['6.2.14', '6.99.99', '5.0.0'])('refuses Redis %s, and says what to do', (version) => {
    expect(redisIncompatibility(where, info(`redis_version:${version}`))).toBe(
      `Redis at 10.0.0.1:6379 is ${version}, and goalpost needs Redis 7 or newer, or Valkey: upgrade it.`,
    );
  });
});

describe('persistenceWarning', () => {
  it('warns where there is neither a file nor a save point', () => {
    expect(persistenceWarning(where, { appendonly: 'no', save: '' })).toMatch(
      /10\.0\.0\.1:6379.*appendonly yes/,
    );
  });
  it.each<Record<string, string>>([
    { appendonly: 'yes', save: '' },
    { appendonly: 'no', save: '3600 1' },
    {},
  ])('is quiet at %j', (settings) => {
    expect(persistenceWarning(where, settings)).toBeUndefined();
  });
});

describe('redisHosts', () => {
  it.each([
    ['redis://:hunter22@10.0.0.1:6379/2', '10.0.0.1:6379'],
    ['rediss://app:hunter22@cache', 'cache'],
    ['redis+cluster://:hunter22@a:1,b', 'a:1,b:6379'],
  ])('names the hosts of %s and repeats no password', (url, hosts) => {
    expect(redisHosts(url)).toBe(hosts);
  });
});
