const userPrefix = '#server-to-user-';

/** Whether clients may subscribe to a channel of this name. */
export function isChannelName(name: unknown): name is string {
  return typeof name === 'string' && /^[A-Za-z0-9_\-=@,.;]{1,164}$/.test(name);
}

/** The channel over which the server speaks to one signed-in user. */
export function userChannel(userId: string): string {
  return userPrefix + userId;
}

/** Whether this is the channel of some user; nobody else may hear it. */
export function isUserChannel(name: unknown): name is string {
  return typeof name === 'string' && name.startsWith(userPrefix) && name.length > userPrefix.length;
}

/** Whether its subscribers are members that see each other. */
export function isPresence(name: string): boolean {
  return name.startsWith('presence-');
}

/** Whether a subscription has to be signed by the app. */
export function needsAuth(name: string): boolean {
  return name.startsWith('private-') || isPresence(name);
}

/** Whether clients may speak to each other here; what is encrypted comes from the server alone. */
export function takesClientEvents(name: string): boolean {
  return needsAuth(name) && !name.startsWith('private-encrypted-');
}
