import { certificateFault } from './certificate-fault.js';

const coded = (code: string, message: string) => Object.assign(new Error(message), { code });

describe('certificateFault', () => {
  it.each([
    [
      coded('SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in certificate chain; try --use-system-ca'),
      'Redis at a:1 has a certificate that is not accepted (self-signed certificate in certificate chain): if its authority is your own, name the file with that authority in NODE_EXTRA_CA_CERTS.',
    ],
    [
      coded('ERR_TLS_CERT_ALTNAME_INVALID', 'Host: a. is not in it'),
      'Redis at a:1 has a certificate that is not accepted (Host: a. is not in it): connect by a name that stands in it, or have that name added to it.',
    ],
    [
      coded('CERT_HAS_EXPIRED', 'certificate has expired'),
      'Redis at a:1 has a certificate that is not accepted (certificate has expired): renew it, or set the clock of this machine.',
    ],
  ])('of %p says what is wrong and what to do', (error, line) => {
    expect(certificateFault('Redis at a:1', error)?.message).toBe(line);
  });

  it('finds what the driver of MongoDB says of a server', () => {
    const inner = new Error('closed', { cause: coded('CERT_HAS_EXPIRED', 'certificate has expired') });
    const error = Object.assign(new Error('none'), {
      reason: { servers: new Map([['a:1', { error: inner }]]) },
    });
    expect(certificateFault('MongoDB at a:1', error)?.message).toContain('certificate has expired');
  });

  it.each([coded('ECONNREFUSED', 'connect'), new Error('Connection is closed.'), 'certificate', undefined])(
    'leaves %p alone',
    (error) => {
      expect(certificateFault('Redis at a:1', error)).toBeUndefined();
    },
  );
});
