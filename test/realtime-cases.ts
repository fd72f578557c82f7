import { apiCases } from './realtime-api-cases.js';
import { channelCases } from './realtime-channel-cases.js';
import { clientEventCases } from './realtime-client-event-cases.js';
import { refusalCases } from './realtime-refusal-cases.js';
import { restartCases } from './realtime-restart-cases.js';
import { type Departures, type RealtimeServer, Stage } from './realtime-stage.js';
import { userCases } from './realtime-user-cases.js';

/** What goalpost relies on in a server of the Pusher protocol, whichever it is. */
export function realtimeCases(
  start: (port?: number) => Promise<RealtimeServer>,
  departures: Departures = {},
): void {
  let stage: Stage;
  beforeAll(async () => {
    stage = new Stage(await start(), departures);
  }, 60_000);
  afterEach(() => stage.clear());
  afterAll(() => stage?.server.stop());

  describe('channels', () => channelCases(() => stage));
  describe('client events', () => clientEventCases(() => stage));
  describe('HTTP API', () => apiCases(() => stage));
  describe('refusals', () => refusalCases(() => stage));
  describe('users', () => userCases(() => stage));
  describe('restart', () => restartCases(start, departures));
}
