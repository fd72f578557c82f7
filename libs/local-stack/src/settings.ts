import { resolve } from 'node:path';
import { cleanEnv, port, str } from 'envalid';

/** The settings of a local start. */
export interface Settings {
  dataDir: string;
  port: number;
  mongoUrl: string;
  redisUrl: string;
  jwtSecret: string;
  pusherAppId: string;
  /** Command line options of Node: restart on change, listen for a debugger. */
  nodeOptions: { api: string[]; worker: string[] };
}

const watch = ['--watch', '--watch-preserve-output'];
const inspect = (debugPort: number) => `--inspect=127.0.0.1:${debugPort}`;
const nodeOptions = {
  '': { api: [], worker: [] },
  watch: { api: watch, worker: watch },
  debug: { api: [...watch, inspect(9229)], worker: [...watch, inspect(9230)] },
};

/** Reads the settings from the environment; an empty variable counts as not set. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const given = cleanEnv(
    { ...env, PORT: env.PORT || undefined },
    {
      DATA_DIR: str({ default: '' }),
      PORT: port({ default: 3000 }),
      MONGO_URL: str({ default: '' }),
      REDIS_URL: str({ default: '' }),
      JWT_SECRET: str({ default: '' }),
      PUSHER_APP_ID: str({ default: '' }),
      DEV_MODE: str({ default: '', choices: ['', 'watch', 'debug'] }),
    },
    {
      reporter: ({ errors }) => {
        const [name, error] = Object.entries(errors)[0] ?? [];
        if (name) throw new Error(`${name} is not usable: ${error?.message}`);
      },
    },
  );
  return {
    dataDir: resolve(given.DATA_DIR || '.data'),
    port: given.PORT,
    mongoUrl: given.MONGO_URL,
    redisUrl: given.REDIS_URL,
    jwtSecret: given.JWT_SECRET,
    pusherAppId: given.PUSHER_APP_ID,
    nodeOptions: nodeOptions[given.DEV_MODE],
  };
}
