import type { AppConfig } from '../config/config.js';

/** What stands before a secret stays. */
const hidden = '$1$2$3[redacted]';

/** Shorter ones would be found in any text, and hide it. */
const leastSecret = 6;

/** Forms that tell a secret: a token, credentials in an Authorization header, in the address of a server, in a query. */
const forms = [
  String.raw`\beyJ[\w-]+\.[\w-]+\.[\w-]*`,
  String.raw`(\b(?:Bearer|Basic) )[\w.~+/=-]+`,
  String.raw`(:\/\/)[^\s"/?#]+(?=@)`,
  String.raw`([?&](?:token|access_token|jwt|key|secret|password|auth_key|auth_signature)=)[^\s"&#]+`,
];

/** Hides secrets in lines: whatever looks like one, and those that are known. */
export class Redactor {
  private readonly secrets: RegExp;

  constructor(known: string[]) {
    const literal = known
      .filter((secret) => secret.length >= leastSecret)
      // The text of a line is JSON.
      .map((secret) => escaped(JSON.stringify(secret).slice(1, -1)));
    this.secrets = new RegExp([...literal, ...forms].join('|'), 'g');
  }

  /** The line without them. */
  readonly redact = (line: string): string => line.replace(this.secrets, hidden);
}

/** Every secret of the settings. */
export function secretsOf({ auth, pusher, mongo, redis, messaging }: AppConfig): string[] {
  const passwords = [mongo.url, redis.url, messaging.url].map((url) => url && passwordOf(url));
  return [auth.secret, pusher?.secret, pusher?.encryptionMasterKey, ...passwords].filter(
    (secret) => secret !== undefined,
  );
}

function passwordOf(url: string): string | undefined {
  return /:\/\/[^/@]*?:([^/@]+)@/.exec(url)?.[1];
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`);
}
