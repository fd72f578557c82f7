import { readClusterUrl } from './redis-connection.js';

describe('readClusterUrl', () => {
  it('reads the nodes, each with the port of Redis where it names none', () => {
    expect(readClusterUrl('redis+cluster://10.0.0.1:7000,node-2,[::1]:7002')).toEqual({
      nodes: [
        { host: '10.0.0.1', port: 7000 },
        { host: 'node-2', port: 6379 },
        { host: '::1', port: 7002 },
      ],
    });
  });

  it('reads user, password and TLS', () => {
    expect(readClusterUrl('rediss+cluster://app:p%40ss@a:1/')).toEqual({
      nodes: [{ host: 'a', port: 1 }],
      username: 'app',
      password: 'p@ss',
      tls: {},
    });
    expect(readClusterUrl('redis+cluster://:secret@a:1')).toMatchObject({ password: 'secret' });
  });

  it.each(['redis://127.0.0.1:6379', 'rediss://a', 'tcp://a:1', 'off'])('leaves %s alone', (url) => {
    expect(readClusterUrl(url)).toBeUndefined();
  });

  it.each([
    'redis+cluster://',
    'redis+cluster://a:1,,b:2',
    'redis+cluster://a:70000',
    'redis+cluster://a:b',
    'redis+cluster:a:1',
  ])('refuses %s without repeating it', (url) => {
    expect(() => readClusterUrl(url)).toThrow(/^needs to be redis\+cluster:\/\/host:port,host:port$/);
  });
});
