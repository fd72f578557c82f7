import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose';

/** A pair of keys whose public half can be published. */
export interface SigningKey {
  alg: string;
  kid: string;
  jwk: object;
  pem: string;
  /** Signs a token that holds for an hour, with other claims where they are given. */
  sign: (userId: string, kid?: string, claims?: object) => Promise<string>;
}

/** Makes a key for one algorithm. */
export async function makeKey(alg: string, kid: string): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const sign = (userId: string, headerKid = kid, claims: object = {}) => {
    const exp = Math.floor(Date.now() / 1000) + 3600;
    return new SignJWT({ sub: userId, roles: ['streamer'], exp, ...claims })
      .setProtectedHeader({ alg, kid: headerKid })
      .sign(privateKey);
  };
  return {
    alg,
    kid,
    jwk: { ...(await exportJWK(publicKey)), alg, kid, use: 'sig' },
    pem: await exportSPKI(publicKey),
    sign,
  };
}

/** Publishes the public halves of keys as a JWKS; down() and up() keep its address. */
export class JwksServer {
  private server?: Server;
  private port = 0;
  /** How often it was asked. */
  reads = 0;
  private onSilence?: () => void;

  constructor(public keys: SigningKey[]) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}/jwks.json`;
  }

  async up(): Promise<void> {
    this.server = createServer((_, response) => {
      this.reads += 1;
      const body = JSON.stringify({ keys: this.keys.map(({ jwk }) => jwk) });
      if (this.onSilence) response.on('close', this.onSilence);
      else response.setHeader('content-type', 'application/json').end(body);
    });
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  /** From now on it takes requests and answers none; resolves once the first of them was given up. */
  silence(): Promise<void> {
    return new Promise((resolve) => (this.onSilence = resolve));
  }

  async down(): Promise<void> {
    if (!this.server?.listening) return;
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }
}
