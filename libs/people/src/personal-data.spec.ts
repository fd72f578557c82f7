import { toObjectId } from '#platform';
import { usersIn, withoutUser } from './personal-data.js';

const pseudonym = '0123456789abcdef01234567';
const user = {
  userId: 'show',
  pseudonym,
  renameChannel: (channel: string) => channel.replace('.sd.show', `.sd.${pseudonym}`),
};

describe('withoutUser', () => {
  it.each<[string, unknown, unknown]>([
    [
      'an id, and the texts beside it',
      { user_id: 'show', display_name: 'Z', message: 'm' },
      { user_id: pseudonym },
    ],
    ['a reason about the user', { user_id: 'show', reason: 'spam' }, { user_id: pseudonym, reason: null }],
    [
      'ids in lists and depths',
      { events: [{ user_id: 'other' }, { data: { streamer_id: 'show' } }] },
      { events: [{ user_id: 'other' }, { data: { streamer_id: pseudonym } }] },
    ],
    [
      'titles of goals of the user',
      {
        metadata: { user_id: 'show' },
        levels: [{ title: 'mine', target: 1 }],
        show: { levels: [{ title: 'too' }] },
      },
      { metadata: { user_id: pseudonym }, levels: [{ target: 1 }], show: { levels: [{}] } },
    ],
    [
      'the reason in an audit line about the user',
      { actor: { user_id: 'other' }, target: { user_id: 'show' }, before: null, after: { reason: 'spam' } },
      { actor: { user_id: 'other' }, target: { user_id: pseudonym }, before: null, after: { reason: null } },
    ],
    ['how far a list was worked off', { goal_id: '1', after: 'show' }, { goal_id: '1' }],
    ['a channel', { channel: 'viewer@s.sd.show' }, { channel: `viewer@s.sd.${pseudonym}` }],
  ])('replaces %s', (_, value, expected) => {
    expect(withoutUser(value, user)).toEqual(expected);
  });

  it.each([
    [
      'what has the name of the user by chance',
      { context: { type: 'show' }, status: 'show', goal_id: 'show' },
    ],
    ['texts of others', { user_id: 'other', display_name: 'show', message: 'show', reason: 'show' }],
    ['titles of others', { metadata: { user_id: 'other' }, levels: [{ title: 'show' }] }],
    ['dates and nothing', { at: new Date(0), before: null, list: [] }],
  ])('leaves %s alone, the very value', (_, value) => {
    expect(withoutUser<unknown>(value, user)).toBe(value);
  });

  it('keeps the form of an id', () => {
    const userId = '0123456789abcdef0123456c';
    const [own, other] = [toObjectId(userId), toObjectId('0123456789abcdef0123456d')];
    const session = withoutUser({ user: own, show: other }, { ...user, userId });
    expect(session).toEqual({ user: toObjectId(pseudonym), show: other });
    // As MongoEngine refers to it.
    expect(withoutUser({ user: { oid: own } as never }, { ...user, userId })).toEqual({
      user: toObjectId(pseudonym),
    });
  });
});

describe('usersIn', () => {
  it('finds every id, whatever its form', () => {
    const found: string[] = [];
    const session = {
      user: toObjectId(pseudonym),
      rtc_sources: [{ publisher_id: 'p' }],
      show_goal_pairs: ['x'],
    };
    usersIn([session, { data: { user_id: 'u', streamer_id: 's' } }], (id) => found.push(id));
    expect(found.toSorted()).toEqual([pseudonym, 'p', 's', 'u'].toSorted());
  });
});
