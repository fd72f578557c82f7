import 'reflect-metadata';
import {
  BasicConstraintsExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { webcrypto } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { isIP, type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const dayMs = 86_400_000;
const subject = 'CN=an authority of the tests';

/** A certificate of a server, and its key: as text, and as the files that servers take. */
export interface TestCertificate {
  cert: string;
  key: string;
  files: { cert: string; key: string; both: string };
}

/** A private authority, whose certificates nobody accepts who does not know it. */
export class TestAuthority {
  private constructor(
    private readonly dir: string,
    private readonly keys: webcrypto.CryptoKeyPair,
    /** The file with the certificate of the authority. */
    readonly file: string,
  ) {}

  static async create(dir: string): Promise<TestAuthority> {
    const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const own = await X509CertificateGenerator.createSelfSigned({
      ...lifetime(1),
      name: subject,
      signingAlgorithm: algorithm,
      keys,
      extensions: [new BasicConstraintsExtension(true, undefined, true)],
    });
    const file = join(dir, 'authority.pem');
    await writeFile(file, own.toString('pem'));
    return new TestAuthority(dir, keys, file);
  }

  /** A certificate for a server of these names and addresses; one that `days` is negative for has expired. */
  async certify(names: string[], days = 1): Promise<TestCertificate> {
    const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const certificate = await X509CertificateGenerator.create({
      ...lifetime(days),
      subject: `CN=${names[0]}`,
      issuer: subject,
      publicKey: keys.publicKey,
      signingKey: this.keys.privateKey,
      signingAlgorithm: algorithm,
      extensions: [
        new SubjectAlternativeNameExtension(
          names.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value })),
        ),
      ],
    });
    const cert = certificate.toString('pem');
    const key = pem('PRIVATE KEY', await crypto.subtle.exportKey('pkcs8', keys.privateKey));
    const name = join(this.dir, `${names[0]}${days < 0 ? '-expired' : ''}`);
    const files = { cert: `${name}.crt`, key: `${name}.key`, both: `${name}.pem` };
    await Promise.all([
      writeFile(files.cert, cert),
      writeFile(files.key, key),
      writeFile(files.both, `${cert}\n${key}`),
    ]);
    return { cert, key, files };
  }
}

function lifetime(days: number) {
  const now = Date.now();
  return { notBefore: new Date(now - 3 * dayMs), notAfter: new Date(now + days * dayMs) };
}

function pem(label: string, der: ArrayBuffer): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .match(/.{1,64}/g)!;
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

/** TLS before a server of this machine that speaks none: the Valkey of the tests is built without it. */
export class TlsFront {
  /** How many connections have passed the handshake. */
  connections = 0;

  private constructor(private readonly server: Server) {}

  static async start({ cert, key }: TestCertificate, target: number): Promise<TlsFront> {
    const server = createServer({ cert, key });
    const front = new TlsFront(server);
    server.on('secureConnection', (socket) => {
      front.connections += 1;
      const inner = connect(target, '127.0.0.1');
      socket.on('error', () => inner.destroy()).on('close', () => inner.destroy());
      inner.on('error', () => socket.destroy()).on('close', () => socket.destroy());
      socket.pipe(inner).pipe(socket);
    });
    server.on('tlsClientError', () => undefined);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return front;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Takes no more connections; those that are open end with their clients. */
  stop(): void {
    this.server.close();
  }
}
