import { jest } from '@jest/globals';
import { type CliHost, runCli } from './cli.js';

describe('the command line', () => {
  let printed: string;

  beforeEach(() => {
    printed = '';
    const take = (text: unknown) => Boolean((printed += String(text)));
    for (const stream of [process.stdout, process.stderr])
      jest.spyOn(stream, 'write').mockImplementation(take);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  const host: CliHost = {
    boot: () => Promise.reject(new Error('it booted')),
    localStores: () => Promise.reject(new Error('no npm start runs on .data')),
  };
  const run = (...args: string[]) => runCli(args, host, undefined, (line) => (printed += line));

  it.each([
    ['--help', ['indexes', 'dead', 'replay', 'reconcile', 'erase']],
    ['help', ['Usage: goalpost']],
    ['dead --help', ['--local']],
    ['help reconcile', ['--fix', '--older-than <seconds>', '(default: 60)']],
    ['replay --help', ['Usage: goalpost replay [options] [ids...]', '--all']],
  ])('helps by %s', async (args, lines) => {
    expect(await run(...args.split(' '))).toBe(0);
    for (const line of lines) expect(printed).toContain(line);
  });

  it.each([
    ['', 'Usage: goalpost'],
    ['bogus', "unknown command 'bogus'"],
    ['constructor', "unknown command 'constructor'"],
    ['dead --what', "unknown option '--what'"],
    ['reconcile --older-than soon', 'It is a number of seconds.'],
    ['erase', 'name either a user_id or --again'],
    ['erase 0123456789abcdef0123456c --again', 'name either a user_id or --again'],
  ])('refuses "%s" and says why', async (args, reason) => {
    expect(await run(...args.split(' ').filter(Boolean))).toBe(2);
    expect(printed).toContain(reason);
  });

  it('says that no local start runs, and ends with 1', async () => {
    expect(await run('dead', '--local')).toBe(1);
    expect(printed).toBe('goalpost: no npm start runs on .data');
  });

  it('needs the addresses of the stores, and nothing else', async () => {
    const stores = { MONGO_URL: 'mongodb://127.0.0.1/goalpost', REDIS_URL: 'redis://127.0.0.1' };
    host.localStores = () => Promise.resolve(stores);
    for (const name of ['JWT_SECRET', 'JWT_JWKS_URL']) delete process.env[name];
    expect(await run('--local', 'dead')).toBe(1);
    expect(printed).toBe('goalpost: it booted');
    printed = '';
    expect(await run('dead')).toBe(1);
    expect(printed).toContain('MONGO_URL: is required');
  });
});
