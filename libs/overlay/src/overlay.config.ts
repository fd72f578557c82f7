import { configSection } from '#platform';
import { makeValidator } from 'envalid';

/** Who may show the overlay in a frame. */
export class OverlayConfig {
  /** The value of `frame-ancestors` in the pages' policy. */
  frameAncestors: string;
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
  },
  read: ({ OVERLAY_FRAME_ANCESTORS: frameAncestors }) => ({ frameAncestors }),
});
