import { configSection } from '#platform';
import { makeValidator, str } from 'envalid';

/** Who may show the overlay in a frame, and how events come to it. */
export class OverlayConfig {
  /** The value of `frame-ancestors` in the pages' policy. */
  frameAncestors: string;
  /** Pusher has to be configured to be one. */
  transport: 'sse' | 'pusher';
}

const ancestors = makeValidator<string>((value) => {
  for (const one of value.split(' '))
    if (!/^('none'|'self'|\*|https?:\/\/[\w.:*-]+)$/.test(one))
      throw new Error(
        `needs 'none', 'self' or origins such as https://example.com, with spaces between; ${one} is none`,
      );
  return value;
});

export const overlayConfig = configSection({
  type: OverlayConfig,
  variables: {
    OVERLAY_FRAME_ANCESTORS: ancestors({
      default: "'self'",
      desc: "pages that may show the overlay in a frame: 'none', 'self' (the studio needs it) or origins, with spaces between",
    }),
    OVERLAY_TRANSPORT: str({
      choices: ['sse', 'pusher'],
      default: 'sse',
      desc: 'how events come to the overlay: sse needs nothing; pusher needs a Pusher server, names no givers, and lets a revoked token hear the stream until its connection ends',
    }),
  },
  check: (given) =>
    given.OVERLAY_TRANSPORT === 'pusher' && !given.PUSHER_APP_ID
      ? ['OVERLAY_TRANSPORT: pusher needs PUSHER_APP_ID, PUSHER_KEY and PUSHER_SECRET']
      : [],
  read: ({ OVERLAY_FRAME_ANCESTORS: frameAncestors, OVERLAY_TRANSPORT: transport }) => ({
    frameAncestors,
    transport,
  }),
});
