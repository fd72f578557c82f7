import { mongo } from 'mongoose';

const oldestMajor = 6;
/** The protocol version that a mongod of that version reports in `hello`. */
const oldestWireVersion = 17;

/** The part of a reply to `hello` that matters here. */
export interface Hello {
  /** The members of the replica set that can become primary. */
  hosts?: string[];
  isWritablePrimary?: boolean;
  /** The name of its replica set. */
  setName?: string;
  /** `isdbgrid` of a mongos. */
  msg?: string;
  /** Set by a member of a replica set that is not initiated yet. */
  isreplicaset?: boolean;
  maxWireVersion: number;
}

/** Why goalpost cannot work with a MongoDB, and what to do; undefined if it can. */
export function mongoIncompatibility(where: string, hello: Hello, version?: string): string | undefined {
  const major = version === undefined ? NaN : Number.parseInt(version, 10);
  if (major < oldestMajor || hello.maxWireVersion < oldestWireVersion) return tooOld(where, version);
  if (hello.setName ?? hello.isreplicaset ?? hello.msg === 'isdbgrid') return undefined;
  return `MongoDB at ${where} is a standalone mongod, and goalpost needs a replica set: ${makeASet}.`;
}

/** What the driver knows about the servers if it could select none. */
interface Topology {
  servers: ReadonlyMap<string, unknown>;
  setName: string | null;
  compatible: boolean;
}

/** The same for an error of the driver, which drops servers that are not in the expected replica set. */
export function incompatibilityOf(where: string, error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { cause, reason = cause } = error as { cause?: unknown; reason?: unknown };
  const topology = reason as Partial<Topology> | undefined;
  if (!(topology?.servers instanceof Map)) return undefined;
  if (topology.compatible === false) return tooOld(where);
  if (topology.servers.size > 0) return undefined;
  const set = topology.setName ? `the replica set ${topology.setName}` : 'the replica set';
  return `MongoDB at ${where} is a standalone mongod or no member of ${set}: ${makeASet}, or mend MONGO_URL.`;
}

const tooOld = (where: string, version = 'too old') =>
  `MongoDB at ${where} is ${version}, and goalpost needs version ${oldestMajor} or newer: upgrade it.`;

const makeASet = 'start it with --replSet, run rs.initiate() once, and start goalpost again';

/** The same for an error of the driver that could not read a file which MONGO_URL names, such as `tlsCAFile`. */
export function unreadableFile(where: string, error: unknown): string | undefined {
  const { syscall, code, path } = (error ?? {}) as NodeJS.ErrnoException;
  if (syscall !== 'open' || path === undefined) return undefined;
  return `MONGO_URL of MongoDB at ${where} names a file that cannot be read: ${path} (${code}).`;
}

/** The hosts of a MONGO_URL, without credentials. */
export function mongoHosts(url: string): string {
  const { srvHost, hosts } = new mongo.MongoClient(url).options;
  return srvHost ?? hosts.map(String).join(',');
}
