import { mongo } from 'mongoose';

const oldestMajor = 6;
/** What a mongod of that version says in `hello` of the protocol that it speaks. */
const oldestWireVersion = 17;

/** What a mongod or mongos answers to `hello`, as far as it matters here. */
export interface Hello {
  /** The members of a replica set that may become primary. */
  hosts?: string[];
  isWritablePrimary?: boolean;
  /** The replica set that it belongs to. */
  setName?: string;
  /** `isdbgrid` of a mongos. */
  msg?: string;
  /** Of a member of a replica set that has not been initiated yet. */
  isreplicaset?: boolean;
  maxWireVersion: number;
}

/** Why goalpost cannot work with the MongoDB at this place, and what to do; undefined where it can. */
export function mongoMisfit(where: string, hello: Hello, version?: string): string | undefined {
  const major = version === undefined ? NaN : Number.parseInt(version, 10);
  if (major < oldestMajor || hello.maxWireVersion < oldestWireVersion) return tooOld(where, version);
  if (hello.setName ?? hello.isreplicaset ?? hello.msg === 'isdbgrid') return undefined;
  return `MongoDB at ${where} is a standalone mongod, and goalpost needs a replica set: ${makeASet}.`;
}

/** What the driver knows of the servers when it found none to work with. */
interface Topology {
  servers: ReadonlyMap<string, unknown>;
  setName: string | null;
  compatible: boolean;
}

/** The same of an error of the driver, which drops servers that are not in the replica set that it looks for. */
export function misfitOfSelection(where: string, error: unknown): string | undefined {
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

/** The hosts of a MONGO_URL, without what lets one in. */
export function mongoHosts(url: string): string {
  const { srvHost, hosts } = new mongo.MongoClient(url).options;
  return srvHost ?? hosts.map(String).join(',');
}
