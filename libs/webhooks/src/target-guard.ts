import { withTimeout } from '#platform';
import { Injectable } from '@nestjs/common';
import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { WebhooksConfig } from './webhooks.config.js';

/** Finds the addresses of a name. */
@Injectable()
export class HostResolver {
  /** All addresses; throws if the name has none. */
  async resolve(hostname: string): Promise<LookupAddress[]> {
    return lookup(hostname, { all: true });
  }
}

/** What a URL may not be called for; the message is for its owner. */
export class ForbiddenTargetError extends Error {
  override name = 'ForbiddenTargetError';
}

/** How long a name may take when a webhook is created; one that cannot be found by then is checked when it is called. */
const resolvedWithinMs = 800;

/** Networks of IPv4 that are not public (IANA's registry of special-purpose addresses, multicast and reserved ones). */
const notPublic4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const;

/** Of IPv6 only 2000::/3 is public; within it, these lead elsewhere: to IPv4 addresses, or nowhere. */
const notPublic6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const;

const refused = new BlockList();
for (const [network, bits] of notPublic4) refused.addSubnet(network, bits, 'ipv4');
for (const [network, bits] of notPublic6) refused.addSubnet(network, bits, 'ipv6');
const unicast6 = new BlockList();
unicast6.addSubnet('2000::', 3, 'ipv6');

/** Whether an address is of the public internet, in whichever form it is written. */
export function isPublic(address: string): boolean {
  const version = isIP(address);
  if (version === 4) return !refused.check(address, 'ipv4');
  return version === 6 && unicast6.check(address, 'ipv6') && !refused.check(address, 'ipv6');
}

/**
 * Decides where webhooks may go: by https to public addresses, and to what WEBHOOK_ALLOW lists. What counts is the address
 * that is connected to: a name is resolved once for each connection, and its addresses are checked and used.
 */
@Injectable()
export class TargetGuard {
  constructor(
    private readonly config: WebhooksConfig,
    private readonly resolver: HostResolver,
  ) {}

  /** Why a URL may not be a webhook's; undefined if it may, as far as is known by now. */
  async refusalOf(text: string): Promise<string | undefined> {
    try {
      const url = this.check(text);
      if (!this.isAllowed(url) && isIP(bare(url.hostname)) === 0)
        await withTimeout(resolvedWithinMs, this.publicAddresses(url.hostname), 'not resolved');
      return undefined;
    } catch (error) {
      return error instanceof ForbiddenTargetError ? error.message : undefined;
    }
  }

  /** Reads the URL of a call; throws a ForbiddenTargetError if it shows by itself that it may not be called. */
  check(text: string): URL {
    if (!URL.canParse(text)) throw new ForbiddenTargetError('must be an absolute URL');
    // It reads the decimal, octal and hexadecimal forms of an address as what they are.
    const url = new URL(text);
    if (url.protocol !== 'https:' && url.protocol !== 'http:')
      throw new ForbiddenTargetError('must be an https URL');
    if (url.username || url.password) throw new ForbiddenTargetError('must not have a user or a password');
    if (this.isAllowed(url)) return url;
    if (url.protocol !== 'https:') throw new ForbiddenTargetError('must be an https URL');
    const host = bare(url.hostname);
    if (isIP(host) !== 0 && !isPublic(host))
      throw new ForbiddenTargetError('must not lead to an address inside');
    return url;
  }

  /** Resolves names for the connections of calls to a URL. */
  lookupFor(url: URL): LookupFunction {
    const resolve = this.isAllowed(url)
      ? (hostname: string) => this.resolver.resolve(hostname)
      : (hostname: string) => this.publicAddresses(hostname);
    return (hostname, options, callback) => {
      resolve(hostname).then(
        (addresses) => {
          const [first] = addresses;
          if (options.all) callback(null, addresses);
          else callback(null, first!.address, first!.family);
        },
        (error: NodeJS.ErrnoException) => callback(error, ''),
      );
    };
  }

  /** One address inside is enough to refuse the name: it would be used at another time. */
  private async publicAddresses(hostname: string): Promise<LookupAddress[]> {
    const addresses = await this.resolver.resolve(hostname);
    if (addresses.length === 0) throw new Error('the name has no address');
    if (!addresses.every(({ address }) => isPublic(address)))
      throw new ForbiddenTargetError('must not lead to an address inside');
    return addresses;
  }

  private isAllowed({ protocol, hostname, port }: URL): boolean {
    return this.config.allowed.has(`${hostname}:${port || (protocol === 'https:' ? '443' : '80')}`);
  }
}

/** An address without the brackets that IPv6 has in URLs. */
function bare(hostname: string): string {
  return hostname.replaceAll(/[[\]]/g, '');
}
