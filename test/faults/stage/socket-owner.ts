import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * Which of these processes has the socket that connects from one port of this machine to another; undefined if none has.
 * Reads /proc, so it knows Linux alone.
 */
export function socketOwner(fromPort: number, toPort: number, pids: number[]): number | undefined {
  const inode = inodeOf(fromPort, toPort);
  return inode === undefined ? undefined : pids.find((pid) => hasSocket(pid, inode));
}

function inodeOf(fromPort: number, toPort: number): string | undefined {
  const hex = (port: number) => `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (const line of readFileSync('/proc/net/tcp', 'utf8').split('\n')) {
    const [, local, remote, , , , , , , inode] = line.trim().split(/\s+/);
    if (local?.endsWith(hex(fromPort)) && remote?.endsWith(hex(toPort))) return inode;
  }
  return undefined;
}

function hasSocket(pid: number, inode: string): boolean {
  const dir = `/proc/${pid}/fd`;
  try {
    return readdirSync(dir).some((fd) => linkOf(`${dir}/${fd}`) === `socket:[${inode}]`);
  } catch {
    return false;
  }
}

/** A file that was closed since the folder was read has no link any more. */
function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
