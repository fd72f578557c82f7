/**
 * An id: 24 lower-case hex digits.
 * @pattern ^[0-9a-f]{24}$
 */
export type Id = string;

/**
 * A moment: ISO 8601 in UTC, such as `2026-09-21T14:00:00.000Z`.
 * @format date-time
 */
export type Instant = string;
