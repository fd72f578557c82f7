/** Opens a payload of an encrypted channel: NaCl secretbox, every part in base64. Throws where the key does not fit. */
export function decrypt(nacl, secret, { nonce, ciphertext }) {
  const opened = nacl.secretbox.open(bytesOf(ciphertext), bytesOf(nonce), bytesOf(secret));
  if (!opened) throw new Error('The payload cannot be decrypted with the key of its channel.');
  return JSON.parse(new TextDecoder().decode(opened));
}

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
