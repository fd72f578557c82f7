import { VerifiedTokens } from './token-verifier.js';

const caller = { userId: 'someone', roles: [] };
const start = 1_790_000_000_000;

describe('VerifiedTokens', () => {
  it('knows a token for a quarter of a minute', () => {
    const tokens = new VerifiedTokens();
    expect(tokens.callerOf('token', start)).toBeUndefined();
    tokens.keep('token', caller, start / 1000 + 3600, start);
    expect(tokens.callerOf('token', start + 14_999)).toEqual(caller);
    expect(tokens.callerOf('token', start + 15_000)).toBeUndefined();
  });

  it('knows no token beyond its end', () => {
    const tokens = new VerifiedTokens();
    tokens.keep('token', caller, start / 1000 + 10, start);
    expect(tokens.callerOf('token', start + 9_999)).toEqual(caller);
    expect(tokens.callerOf('token', start + 10_000)).toBeUndefined();
  });

  it('knows none by a clock that was set back', () => {
    const tokens = new VerifiedTokens();
    tokens.keep('token', caller, start / 1000 + 3600, start);
    expect(tokens.callerOf('token', start - 1)).toBeUndefined();
  });

  it('forgets the oldest of too many', () => {
    const tokens = new VerifiedTokens();
    for (let index = 0; index <= 10_000; index++) tokens.keep(`token-${index}`, caller, Infinity);
    expect(tokens.callerOf('token-0')).toBeUndefined();
    expect(tokens.callerOf('token-1')).toEqual(caller);
  });
});
