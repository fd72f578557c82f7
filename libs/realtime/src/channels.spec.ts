import { PermanentError } from '#platform';
import { checkChannelName } from './channels.js';

describe('checkChannelName', () => {
  it.each([
    'private-stream@0123456789abcdef01234567',
    'presence-enc-stream-viewer@0123456789abcdef01234567.sd.0123456789abcdef01234568',
    'aZ09_-=@,.;',
    'x'.repeat(164),
  ])('accepts %s', (name) => {
    expect(() => checkChannelName(name)).not.toThrow();
  });

  it.each(['', 'x'.repeat(165), 'a b', 'a/b', 'a:b', 'a#b', 'a{b}', 'clé', 'a\n'])(
    'refuses %p with a permanent error',
    (name) => {
      expect(() => checkChannelName(name)).toThrow(PermanentError);
    },
  );

  it('shortens a long name in its message', () => {
    expect(() => checkChannelName('ü'.repeat(5000))).toThrow(/^.{1,300}$/);
  });
});
