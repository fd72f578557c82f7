import { toObjectId } from '#platform';

/** A user whose data are to go, and what stands in their place. */
export interface ErasedUser {
  userId: string;
  /** An id of the same form as those of sessions, so that it fits wherever a user's id does. */
  pseudonym: string;
  /** A channel name without the user; the same name if it is not one of the user's. */
  renameChannel: (channel: string) => string;
}

/** Every field that holds the id of a user: in documents, events, jobs and answers alike. */
const idFields = new Set([
  'user',
  'user_id',
  'streamer',
  'streamer_id',
  'viewer_id',
  'publisher_id',
  'changed_by',
  'created_by',
  'denied_by',
]);

/** Texts of the user, in an object whose `user_id` is the user. */
const ownTexts = ['display_name', 'message'];

/** A text about the user that somebody else wrote; there may be none, but the field is always there. */
const reason = 'reason';

type Fields = Record<string, unknown>;

/**
 * Replaces a user in a value of MongoDB or JSON, however deep: ids by the pseudonym, texts by nothing. Ids are known by the names of
 * their fields, since a user may be called like anything else that is stored. Returns the value itself if the user is not in it.
 */
export function withoutUser<Value>(value: Value, user: ErasedUser): Value {
  return without(value, user) as Value;
}

function without(value: unknown, user: ErasedUser): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => without(item, user));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  if (!isFields(value)) return value;
  let fields = value;
  const set = (name: string, next: unknown) => {
    if (next === fields[name]) return;
    if (fields === value) fields = { ...value };
    if (next === undefined) delete fields[name];
    else fields[name] = next;
  };
  for (const [name, child] of Object.entries(value)) set(name, replaced(name, child, user));
  if (isId(value.user_id, user)) {
    for (const name of ownTexts) set(name, undefined);
    set(reason, unreasoned(fields)[reason]);
  }
  if (isFields(value.target) && isId(value.target.user_id, user))
    for (const name of ['before', 'after']) if (isFields(fields[name])) set(name, unreasoned(fields[name]));
  if (isFields(value.metadata) && isId(value.metadata.user_id, user)) {
    set('levels', untitled(fields.levels));
    if (isFields(fields.show)) set('show', { ...fields.show, levels: untitled(fields.show.levels) });
  }
  // What analytics have of a goal, beside its owner.
  if (isFields(value.properties) && isId(value.user_id, user))
    set('properties', { ...(fields.properties as Fields), levels: untitled(value.properties.levels) });
  return fields;
}

function replaced(name: string, child: unknown, user: ErasedUser): unknown {
  if (idFields.has(name) && isId(child, user))
    return typeof child === 'string' ? user.pseudonym : toObjectId(user.pseudonym);
  // How far a list of viewers was worked off: it begins anew, which no viewer notices.
  if (name === 'after' && child === user.userId) return undefined;
  if (name === 'channel' && typeof child === 'string') return user.renameChannel(child);
  return without(child, user);
}

/** Whether it is the user's id: a string, an ObjectId, or a DBRef of MongoEngine. */
function isId(value: unknown, { userId }: ErasedUser): boolean {
  if (typeof value === 'string') return value === userId;
  if (typeof value !== 'object' || value === null) return false;
  const { oid = value } = value as { oid?: unknown };
  return String((oid as { toHexString?: () => string }).toHexString?.()) === userId;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function unreasoned(fields: Fields): Fields {
  return typeof fields[reason] === 'string' ? { ...fields, [reason]: null } : fields;
}

/** Titles are texts of whoever created the goal. */
function untitled(levels: unknown): unknown {
  if (!Array.isArray(levels) || !levels.some((level) => isFields(level) && 'title' in level)) return levels;
  return levels.map((level: Fields) => {
    const { title: _title, ...rest } = level;
    return rest;
  });
}

/** Every id of a user in a value, as fields name them. */
export function usersIn(value: unknown, add: (userId: string) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) usersIn(item, add);
    return;
  }
  if (!isFields(value)) return;
  for (const [name, child] of Object.entries(value)) {
    const id = idFields.has(name) ? textOf(child) : undefined;
    if (id === undefined) usersIn(child, add);
    else add(id);
  }
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return undefined;
  const { oid = value } = value as { oid?: { toHexString?: () => string } };
  return (oid as { toHexString?: () => string }).toHexString?.();
}
