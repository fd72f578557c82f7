import { addressKey } from './rate-limiter.js';
import { readRateLimits } from '../config/variables.js';

describe('RATE_LIMIT', () => {
  it('names the quotas that there are, or is off', () => {
    expect(readRateLimits('off')).toEqual({});
    expect(readRateLimits('user=5/10s')).toEqual({ user: { requests: 5, seconds: 10 } });
    expect(readRateLimits('address=50000/1s, service=7/60s')).toEqual({
      address: { requests: 50_000, seconds: 1 },
      service: { requests: 7, seconds: 60 },
    });
  });

  it.each([
    '',
    'on',
    '5/10s',
    'user=5',
    'user=0/10s',
    'user=5/0s',
    'user=5/10m',
    'users=5/10s',
    'user=-1/10s',
    'user=5/10s,',
    'user=1e9/1s',
  ])('is refused as %j', (text) => {
    expect(() => readRateLimits(text)).toThrow(/needs to be off, or a list such as user=100\/10s/);
  });
});

describe('an address is counted', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::ffff:10.0.0.7', '10.0.0.7'],
    ['::FFFF:10.20.30.40', '10.20.30.40'],
    ['::ffff:1.2.3.4.5', '::ffff:1.2.3.4.5'],
    ['x::ffff:1.2.3.4', 'x::ffff:1.2.3.4'],
    ['1::3:4:5:6:7:8', '1:0:3:4::/64'],
    ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
    ['::', '0:0:0:0::/64'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('%s as %s', (address, key) => {
    expect(addressKey(address)).toBe(key);
  });
});
