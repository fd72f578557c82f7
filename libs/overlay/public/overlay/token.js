/** The session that an overlay token reads: its first 12 bytes after the prefix. Undefined for what is no such token. */
export function sessionOf(token) {
  const [, text] = /^gpo_([\w-]{16})[\w-]{59}$/.exec(token ?? '') ?? [];
  if (text === undefined) return undefined;
  const bytes = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Array.from(bytes, (byte) => byte.charCodeAt(0).toString(16).padStart(2, '0')).join('');
}
