export * from './channels.js';
export * from './pusher/channel-signer.js';
export * from './realtime.js';
export * from './realtime.module.js';
export * from './realtime.config.js';
