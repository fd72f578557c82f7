import { between, configSection, listIn } from '#platform';
import { bool, makeValidator, port, str } from 'envalid';

/** How to reach a Pusher-protocol server. */
export interface PusherConfig {
  appId: string;
  key: string;
  secret: string;
  host?: string;
  port?: number;
  useTls: boolean;
  cluster?: string;
  /** In base64; the first one encrypts. Empty: derived from the secret. */
  encryptionMasterKeys: string[];
  timeoutMs: number;
}

/** The Pusher server and the templates of channel names. */
export class RealtimeConfig {
  /** Absent: messages are recorded in Redis instead of sent. */
  pusher?: PusherConfig;
  channels: { stream: string; viewer: string };
}

/** Shorter than the delay of the job for a late push: two must not run at once. */
const maxPushMs = 10_000;

const channelTemplate = makeValidator<string>((value) => {
  if (!value.includes('{streamer_id}')) throw new Error('needs {streamer_id} in it');
  return value;
});

export const realtimeConfig = configSection({
  type: RealtimeConfig,
  variables: {
    PUSHER_APP_ID: str({ default: undefined, desc: 'app id; without it events are recorded, not sent' }),
    PUSHER_KEY: str({ default: undefined, desc: 'app key' }),
    PUSHER_SECRET: str({ default: undefined, desc: 'app secret' }),
    PUSHER_HOST: str({ default: undefined, desc: 'host of a compatible server; default is Pusher itself' }),
    PUSHER_PORT: port({ default: undefined, desc: 'port of that host' }),
    PUSHER_USE_TLS: bool({ default: undefined, desc: 'default: true, or false where PUSHER_HOST is set' }),
    PUSHER_CLUSTER: str({ default: undefined, desc: 'cluster of Pusher, where no PUSHER_HOST is set' }),
    PUSHER_ENCRYPTION_MASTER_KEY: makeValidator<string>((value) => {
      if (listIn(value).some((key) => Buffer.from(key, 'base64').length !== 32))
        throw new Error('needs 32 bytes in base64');
      return value;
    })({
      default: undefined,
      desc: 'master key, 32 bytes in base64; several, with commas between, while one replaces another: the first one encrypts; default: derived from PUSHER_SECRET',
    }),
    PUSHER_TIMEOUT_MS: between(
      1,
      maxPushMs,
    )({
      default: 5000,
      desc: 'how long one call to Pusher may take, 10 s at most',
    }),
    CHANNEL_STREAM: channelTemplate({
      default: 'private-stream@{streamer_id}',
      desc: 'channel of a stream',
    }),
    CHANNEL_VIEWER: channelTemplate({
      default: 'presence-enc-stream-viewer@{streamer_id}.sd.{viewer_id}',
      desc: 'channel of one viewer of a stream',
    }),
  },
  check: (given) => {
    const absent = ['PUSHER_APP_ID', 'PUSHER_KEY', 'PUSHER_SECRET'].filter((name) => !given[name]);
    if (absent.length === 0 || absent.length === 3) return [];
    return [`${absent.join(', ')}: PUSHER_APP_ID, PUSHER_KEY and PUSHER_SECRET go together`];
  },
  read: (values) => ({
    pusher: values.PUSHER_APP_ID
      ? {
          appId: values.PUSHER_APP_ID,
          key: values.PUSHER_KEY!,
          secret: values.PUSHER_SECRET!,
          host: values.PUSHER_HOST,
          port: values.PUSHER_PORT,
          useTls: values.PUSHER_USE_TLS ?? !values.PUSHER_HOST,
          cluster: values.PUSHER_CLUSTER,
          encryptionMasterKeys: values.PUSHER_ENCRYPTION_MASTER_KEY
            ? listIn(values.PUSHER_ENCRYPTION_MASTER_KEY)
            : [],
          timeoutMs: values.PUSHER_TIMEOUT_MS,
        }
      : undefined,
    channels: { stream: values.CHANNEL_STREAM, viewer: values.CHANNEL_VIEWER },
  }),
});
