import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { testSecret, until } from './client.js';
import { freePort } from './process.js';

/** Starts an api in an environment that will not do. */
function boot(env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, ['dist/apps/api/src/main.js'], {
    env: { PATH: process.env.PATH, JWT_SECRET: testSecret, MESSAGING_URL: 'off', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

describe('a process that cannot boot', () => {
  const refused = async (env: NodeJS.ProcessEnv) => {
    const child = boot({ JWT_SECRET: 'short', ...env });
    const exit = once(child, 'exit') as Promise<[number]>;
    const [out, error] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
    expect([(await exit)[0], out]).toEqual([1, '']);
    return error;
  };

  it('says why in one line of JSON on stderr', async () => {
    expect(JSON.parse(await refused({}))).toMatchObject({
      level: 'fatal',
      app: 'api',
      msg: expect.stringMatching(/does not hold:\n(.*\n)*.*MONGO_URL: is required/),
    });
  });

  it('says it in plain words in development', async () => {
    const error = await refused({ NODE_ENV: 'development' });
    expect(error).toMatch(/FATAL: \[api] The configuration does not hold:/);
    expect(error).toMatch(/^ +- MONGO_URL: is required/m);
  });

  it('names stores that it cannot reach, without the passwords in their addresses', async () => {
    const nobody = `root:hunter22@127.0.0.1:${await freePort()}`;
    const child = boot({ MONGO_URL: `mongodb://${nobody}/goalpost`, REDIS_URL: `redis://${nobody}` });
    let printed = '';
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', (chunk) => (printed += String(chunk)));
    const exit = once(child, 'exit');
    try {
      await until(
        async () => /Redis is out of reach/.test(printed) && /MongoDB is out of reach/.test(printed),
      );
      for (const line of printed.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('level');
      expect(printed).not.toContain('hunter22');
    } finally {
      child.kill('SIGKILL');
      await exit;
    }
  });
});
