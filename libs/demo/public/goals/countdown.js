const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const two = (value) => String(value).padStart(2, '0');

/** Formats a duration: 4:09, 1:04:09, 2 d 01:04. */
export function clock(ms) {
  const left = Math.max(0, Math.ceil(ms / second)) * second;
  const [hours, minutes, seconds] = [left % day, left % hour, left % minute].map(Math.floor);
  const parts = { h: Math.floor(hours / hour), m: Math.floor(minutes / minute), s: seconds / second };
  if (left >= day) return `${Math.floor(left / day)} d ${two(parts.h)}:${two(parts.m)}`;
  return left >= hour ? `${parts.h}:${two(parts.m)}:${two(parts.s)}` : `${parts.m}:${two(parts.s)}`;
}
