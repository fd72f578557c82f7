import { PermanentError } from '#platform';
import { checkChannelName } from './channel-name.js';

describe('checkChannelName', () => {
  it.each([
    'private-stream@0123456789abcdef01234567',
    'presence-enc-stream-viewer@0123456789abcdef01234567.sd.0123456789abcdef01234568',
    'aZ09_-=@,.;',
    'x'.repeat(164),
  ])('lets pass %s', (name) => {
    expect(() => checkChannelName(name)).not.toThrow();
  });

  it.each(['', 'x'.repeat(165), 'a b', 'a/b', 'a:b', 'a#b', 'a{b}', 'clé', 'a\n'])(
    'refuses %p, which no further try can mend',
    (name) => {
      expect(() => checkChannelName(name)).toThrow(PermanentError);
    },
  );

  it('does not repeat a name without end', () => {
    expect(() => checkChannelName('ü'.repeat(5000))).toThrow(/^.{1,300}$/);
  });
});
