/** What `npm start` and the commands of single processes are and take; the rest passes its arguments on. */
const START = `Usage: npm start

Runs goalpost on this machine: MongoDB, Redis, a Pusher-protocol server, one api, one worker and a demo session.
Installs and builds first if that is needed. Ctrl-C stops everything in order; a second Ctrl-C at once.

Variables:
  PORT       port of the api (3000)
  DATA_DIR   directory of all data (.data)
  MONGO_URL  MongoDB to use instead of one of its own
  REDIS_URL  Redis to use instead of one of its own
Those of the api and the worker work as well: docs/configuration.md

Other commands: npm test, npm run dev, npm run goalpost -- --help`;

const processOf = (app, what) => `Usage: npm run start:${app}

Runs one ${app}: ${what}. It needs MONGO_URL and REDIS_URL${app === 'api' ? ', and JWT_SECRET or JWT_JWKS_URL' : ''}: docs/configuration.md`;

const TEXTS = {
  start: START,
  dev: START.replace('npm start', 'npm run dev').replace(
    'Runs goalpost',
    'Compiles on change, restarts what has changed, and runs goalpost',
  ),
  api: processOf('api', 'it answers HTTP'),
  worker: processOf('worker', 'it works off the queues'),
};

/** Help for a mode that was asked for it, or a refusal of an argument that it does not know; undefined if it is to run. */
export function helpOf(name, args) {
  const text = TEXTS[name];
  if (!text) return undefined;
  if (args.some((arg) => ['--help', '-h', 'help'].includes(arg))) return { text, exitCode: 0 };
  const [unknown] = name === 'dev' ? args.filter((arg) => arg !== 'debug') : args;
  if (unknown === undefined) return undefined;
  return { text: `goalpost: unknown argument '${unknown}'\n\n${text}`, exitCode: 2 };
}
