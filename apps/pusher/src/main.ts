import { startPusherServer } from '#pusher-server';

const names = ['PUSHER_APP_ID', 'PUSHER_KEY', 'PUSHER_SECRET'] as const;
const [id = '', key = '', secret = ''] = names.map((name) => process.env[name]);
const missing = names.filter((name) => !process.env[name]);
const port = Number(process.env.PORT || 6001);

if (missing.length > 0) fail(`set ${missing.join(', ')}`);
if (!Number.isInteger(port) || port < 0 || port > 65_535) fail('PORT has to be a port number');

try {
  const server = await startPusherServer({ port, app: { id, key, secret } });
  console.log(`pusher: for development only: the app ${id} is served at ${server.url}`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void server.stop().then(() => process.exit(0)));
} catch (error) {
  fail((error as Error).message);
}

/** Ends the process with one sentence. */
function fail(why: string): never {
  console.error(`pusher: ${why}`);
  process.exit(1);
}
