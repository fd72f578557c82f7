import { Redactor } from './process-logger.js';

const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1In0.c2lnbmF0dXJl-_';

describe('the redactor', () => {
  it.each([
    ['a token', `got ${jwt} instead`, 'got [redacted] instead'],
    [
      'a bearer token of another form',
      '"authorization":"Bearer abc.def"',
      '"authorization":"Bearer [redacted]"',
    ],
    ['basic credentials', 'Basic dTpw==', 'Basic [redacted]'],
    ['a token in a query', '/overlay?a=1&token=s3cret#top', '/overlay?a=1&token=[redacted]#top'],
    ['a token with a scope', `got gpo_${'Ab-_'.repeat(18)} instead`, 'got [redacted] instead'],
    [
      'a signed address',
      '/events?auth_key=k&body_md5=m&auth_signature=abc',
      '/events?auth_key=[redacted]&body_md5=m&auth_signature=[redacted]',
    ],
    [
      'credentials in an address',
      'to "mongodb://root:p%40ss@a:1,b:2/db"',
      'to "mongodb://[redacted]@a:1,b:2/db"',
    ],
    ['a password alone in an address', 'redis://:pass@host:6379', 'redis://[redacted]@host:6379'],
  ])('hides %s', (_, line, hidden) => {
    expect(new Redactor([]).redact(line)).toBe(hidden);
  });

  it('hides what it knows to be secret, as JSON writes it, but nothing so short that any text has it', () => {
    const { redact } = new Redactor(['sec"ret+1', 'api']);
    expect(redact(JSON.stringify({ msg: 'the sec"ret+1 of the api' }))).toBe(
      '{"msg":"the [redacted] of the api"}',
    );
  });

  it('leaves everything else as it is', () => {
    const line =
      '{"msg":"POST /goals 202","channel":"private-stream@0123","url":"http://127.0.0.1:3000/a@b?goal_type=show"}';
    expect(new Redactor(['a-secret-of-ours']).redact(line)).toBe(line);
  });
});
