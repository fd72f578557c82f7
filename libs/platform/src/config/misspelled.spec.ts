import { misspelledVariables } from './misspelled.js';

const names = ['PORT', 'MONGO_URL', 'REDIS_URL', 'REDIS_PREFIX', 'RATE_LIMIT', 'LOG_LEVEL', 'JWT_SECRET'];

describe('misspelledVariables', () => {
  it.each([
    ['REDIS_URI', 'REDIS_URL'],
    ['RATE_LIMITS', 'RATE_LIMIT'],
    ['MONGODB_URI', 'MONGO_URL'],
    ['redis_url', 'REDIS_URL'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['REDIS_PREFXI', 'REDIS_PREFIX'],
    ['JWT_SECRETS_FILE', 'JWT_SECRET'],
  ])('takes %s for %s', (given, meant) => {
    expect(misspelledVariables({ [given]: 'x' }, names)).toEqual([
      `${given} is set, but not known; did you mean ${meant}?`,
    ]);
  });

  it('says nothing of a name that is set as well, nor of an empty one', () => {
    expect(misspelledVariables({ REDIS_URI: 'x', REDIS_URL: 'y' }, names)).toEqual([]);
    expect(misspelledVariables({ REDIS_URI: 'x', REDIS_URL_FILE: '/run/redis' }, names)).toEqual([]);
    expect(misspelledVariables({ REDIS_URI: '' }, names)).toEqual([]);
  });

  it.each(['HOME', 'POST', 'HOSTNAME', 'REDIS_HOST', 'TEST_REDIS_URL', 'NODE_ENV', 'npm_redis_url'])(
    'leaves %s alone',
    (given) => {
      expect(misspelledVariables({ [given]: 'x' }, names)).toEqual([]);
    },
  );
});
