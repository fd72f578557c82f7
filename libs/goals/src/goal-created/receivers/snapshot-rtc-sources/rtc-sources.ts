import type { RtcSource } from '#contracts';

/** Where the RTC sources of a session come from. */
export abstract class RtcSources {
  /** The sources as they are now. Throws where they cannot be had; the caller tries again. */
  abstract of(sessionId: string): Promise<RtcSource[]>;
}
