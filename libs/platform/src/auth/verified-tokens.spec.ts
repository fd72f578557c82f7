import { VerifiedTokens } from './token-verifier.js';

const caller = { userId: 'someone', roles: [] };
const start = 1_790_000_000_000;

describe('VerifiedTokens', () => {
  it('knows a token for a quarter of a minute', () => {
    const tokens = new VerifiedTokens<object>();
    expect(tokens.find('token', start)).toBeUndefined();
    tokens.keep('token', caller, start / 1000 + 3600, start);
    expect(tokens.find('token', start + 14_999)).toEqual(caller);
    expect(tokens.find('token', start + 15_000)).toBeUndefined();
  });

  it('knows no token beyond its end', () => {
    const tokens = new VerifiedTokens<object>();
    tokens.keep('token', caller, start / 1000 + 10, start);
    expect(tokens.find('token', start + 9_999)).toEqual(caller);
    expect(tokens.find('token', start + 10_000)).toBeUndefined();
  });

  it('knows none by a clock that was set back', () => {
    const tokens = new VerifiedTokens<object>();
    tokens.keep('token', caller, start / 1000 + 3600, start);
    expect(tokens.find('token', start - 1)).toBeUndefined();
  });

  it('forgets the oldest of too many', () => {
    const tokens = new VerifiedTokens<object>();
    for (let index = 0; index <= 10_000; index++) tokens.keep(`token-${index}`, caller, Infinity);
    expect(tokens.find('token-0')).toBeUndefined();
    expect(tokens.find('token-1')).toEqual(caller);
  });
});
