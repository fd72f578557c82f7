import { realtimeCases } from './realtime-cases.js';
import { SockudoBinary, sockudoIsMissing } from './sockudo-server.js';
import { streamCases } from './stream-cases.js';

const missing = await sockudoIsMissing();
if (missing) console.warn(`Skipped: no real Pusher-protocol server: ${missing}`);

(missing ? describe.skip : describe)('sockudo, a real Pusher-protocol server', () => {
  let binary: SockudoBinary;
  beforeAll(async () => {
    binary = await SockudoBinary.unpack();
  }, 60_000);
  afterAll(() => binary?.remove());

  realtimeCases((port) => binary.start(port), {
    refusesByErrorAlone: true,
    dropsUnknownKey: true,
    hidesClientEventSender: true,
    listsUserChannels: true,
    // It says goodbye with 4200 at once and ends a second later: pusher-js comes too early, and then waits 15 s.
    backWithinMs: 20_000,
  });

  describe('under goalpost', () => streamCases(() => binary.start()));
});
