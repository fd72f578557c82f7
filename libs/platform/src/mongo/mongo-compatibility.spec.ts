import { incompatibilityOf, mongoHosts, mongoIncompatibility } from './mongo-compatibility.js';

const where = '10.0.0.1:27017';
const set = { isWritablePrimary: true, setName: 'rs0', maxWireVersion: 17 };
const mongos = { isWritablePrimary: true, msg: 'isdbgrid', maxWireVersion: 17 };
const standalone = { isWritablePrimary: true, maxWireVersion: 17 };

describe('mongoIncompatibility', () => {
  it.each([
    ['a replica set', set, '6.0.5'],
    ['a newer one', { ...set, maxWireVersion: 25 }, '8.0.0'],
    ['a version of two digits', { ...set, maxWireVersion: 30 }, '10.1.0'],
    ['a secondary', { ...set, isWritablePrimary: false }, '6.0.5'],
    ['a set that is not initiated yet', { ...standalone, isreplicaset: true }, '6.0.5'],
    ['a mongos', mongos, '6.0.5'],
    ['one that does not tell its version', set, undefined],
  ])('takes %s', (_, hello, version) => {
    expect(mongoIncompatibility(where, hello, version)).toBeUndefined();
  });

  it('refuses a standalone mongod, and says what to do in one line', () => {
    const misfit = mongoIncompatibility(where, standalone, '7.0.1');
    expect(misfit).toMatch(
      /^MongoDB at 10\.0\.0\.1:27017 is a standalone mongod, .*--replSet.*rs\.initiate\(\)/,
    );
    expect(misfit).not.toContain('\n');
  });

  it.each([
    ['its version', { ...set, maxWireVersion: 17 }, '5.0.27', /is 5\.0\.27, .* 6 or newer/],
    ['its protocol', { ...set, maxWireVersion: 16 }, undefined, /is too old, .* 6 or newer/],
    ['a mongos by its version', { ...mongos, maxWireVersion: 13 }, '5.0.3', /is 5\.0\.3, /],
  ])('refuses one that is too old by %s', (_, hello, version, words) => {
    expect(mongoIncompatibility(where, hello, version)).toMatch(words);
  });
});

describe('incompatibilityOf', () => {
  const failed = (servers: string[], topology: object = {}) =>
    Object.assign(new Error('no server'), {
      reason: {
        setName: 'rs0',
        compatible: true,
        servers: new Map(servers.map((server) => [server, {}])),
        ...topology,
      },
    });

  it('finds nothing in servers that are out of reach, nor in any other error', () => {
    for (const error of [failed([where]), new Error('refused'), undefined, 'refused'])
      expect(incompatibilityOf(where, error)).toBeUndefined();
  });

  it('knows who is no member of the set, and who is too old for the driver', () => {
    expect(incompatibilityOf(where, failed([]))).toMatch(
      /a standalone mongod or no member of the replica set rs0/,
    );
    expect(incompatibilityOf(where, failed([where], { compatible: false }))).toMatch(
      /is too old, .* 6 or newer/,
    );
  });
});

describe('mongoHosts', () => {
  it('names the hosts and repeats no password', () => {
    expect(mongoHosts('mongodb://root:hunter22@a:1,b:2/goalpost?replicaSet=rs0')).toBe('a:1,b:2');
    expect(mongoHosts('mongodb+srv://root:hunter22@db.goalpost.invalid/goalpost')).toBe(
      'db.goalpost.invalid',
    );
  });
});
