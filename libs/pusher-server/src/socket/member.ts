import type { Member } from '../channel/members.js';
import { asFields, type Fields, parsed } from '../json.js';
import { isOver, limits } from '../limits.js';
import type { SignedInUser } from './connection.js';

/** Who joins a presence channel: the one that channel_data names, else the signed-in user. */
export function memberFrom({ channel_data: data }: Fields, user?: SignedInUser): Member | 'invalid' {
  const named = typeof data === 'string' ? asFields(parsed(data)) : user && { ...user, user_id: user.id };
  const id = named?.user_id;
  const userId = typeof id === 'number' ? String(id) : id;
  if (typeof userId !== 'string' || !userId || userId.length > limits.userIdLength) return 'invalid';
  const info = named?.user_info;
  if (info !== undefined && isOver(JSON.stringify(info), limits.memberInfoBytes)) return 'invalid';
  return { userId, info };
}
