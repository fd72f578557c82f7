/** Runs goalpost and the stack that it replaces in turn, on the same servers, and prints one table of both. */
import { freePort, startServers } from '../stage.mjs';
import { floor } from './floor.mjs';
import { hasPeer, runPeer, startSink } from './peer-runner.mjs';
import { measure } from './round.mjs';
import { goalpostSide, peerSide } from './sides.mjs';
import { printTable } from './table.mjs';

const rounds = Number(process.env.ROUNDS ?? 3);
const wanted = (process.env.SIDES ?? 'peer,goalpost,floor').split(',');

/** Compares, where the peer stands beside the checkout. */
export async function versus() {
  if (!hasPeer) return console.log('\nshared/peer is not there: goalpost is not compared with it.');
  await runPeer('setup');
  const servers = await startServers();
  const sink = await startSink(await freePort());
  const sides = [];
  try {
    if (wanted.includes('peer')) sides.push(await peerSide(servers, sink));
    if (wanted.includes('goalpost')) sides.push(await goalpostSide(servers, sink));
    const seen = Object.fromEntries([...sides.map(({ label }) => [label, []]), ['floor', []]]);
    for (let round = 0; round < rounds; round++) {
      for (const side of sides) seen[side.label].push(await measure(side, servers, sink));
      if (wanted.includes('floor')) seen.floor.push(await floor(servers, sink));
    }
    printTable(seen);
  } finally {
    for (const side of sides) await side.stop();
    sink.stop();
    await servers.stop();
  }
}
