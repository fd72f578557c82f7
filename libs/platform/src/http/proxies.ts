import { isIP } from 'node:net';

/** Whose X-Forwarded-For is believed, as Fastify's `trustProxy` takes it: that of these networks, or nobody's. */
export type Proxies = string[] | false;

const named = new Set(['loopback', 'linklocal', 'uniquelocal']);

/** Reads `10.0.0.0/8,loopback`; the empty text means no proxy. Throws where the text is neither. */
export function readProxies(text: string): Proxies {
  if (text === '') return false;
  const networks = text.split(',').map((one) => one.trim());
  for (const network of networks)
    if (!isNetwork(network))
      throw new Error(`needs addresses or networks, with commas between; ${network} is none`);
  return networks;
}

function isNetwork(text: string): boolean {
  const [address = '', bits] = text.split('/');
  const version = isIP(address);
  if (version === 0) return named.has(text);
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}
