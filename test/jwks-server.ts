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
  sign: (userId: string, kid?: string) => Promise<string>;
}

/** Makes a key for one algorithm. */
export async function makeKey(alg: string, kid: string): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const sign = (userId: string, headerKid = kid) =>
    new SignJWT({ roles: ['streamer'] })
      .setProtectedHeader({ alg, kid: headerKid })
      .setSubject(userId)
      .setExpirationTime('1h')
      .sign(privateKey);
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

  constructor(private readonly keys: SigningKey[]) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}/jwks.json`;
  }

  async up(): Promise<void> {
    const body = JSON.stringify({ keys: this.keys.map(({ jwk }) => jwk) });
    this.server = createServer((_, response) =>
      response.setHeader('content-type', 'application/json').end(body),
    );
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  async down(): Promise<void> {
    if (!this.server?.listening) return;
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }
}
