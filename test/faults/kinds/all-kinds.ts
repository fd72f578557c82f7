import type { Fault } from './fault.js';
import { frozen } from './frozen.js';
import { kills } from './kills.js';
import { networks } from './network.js';
import { pusherFaults } from './pusher.js';
import { refusedWrites } from './refused-writes.js';
import { twice } from './twice.js';

/** All kinds of faults, in the order in which they are injected. */
export const kinds: Fault[] = [...kills, ...frozen, ...pusherFaults, ...networks, ...refusedWrites, twice];
