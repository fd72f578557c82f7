import { jest } from '@jest/globals';
import { runCli } from './cli.js';

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

  const run = (...args: string[]) => runCli(args, () => Promise.reject(new Error('it booted')));

  it.each([
    ['--help', ['indexes', 'dead', 'replay', 'reconcile']],
    ['help', ['Usage: goalpost']],
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
  ])('refuses "%s" and says why', async (args, reason) => {
    expect(await run(...args.split(' ').filter(Boolean))).toBe(2);
    expect(printed).toContain(reason);
  });
});
