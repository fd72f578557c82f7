const channels = (hex) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
const hexOf = (rgb) => `#${rgb.map((value) => Math.round(value).toString(16).padStart(2, '0')).join('')}`;

/** Relative luminance by WCAG. */
function luminance(hex) {
  const [red, green, blue] = channels(hex).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** The contrast of two colors by WCAG, 1 to 21. */
export function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** The color, mixed with white or black as far as it takes to stand out from another one by at least this contrast. */
export function standingOut(color, from, least) {
  const towards = luminance(from) < 0.18 ? 255 : 0;
  for (let share = 0; share < 1; share += 0.05) {
    const mixed = hexOf(channels(color).map((value) => value + (towards - value) * share));
    if (contrast(mixed, from) >= least) return mixed;
  }
  return hexOf([towards, towards, towards]);
}

/** Black or white, whichever can be read better on a color. */
export const inkOn = (color) =>
  contrast(color, '#ffffff') >= contrast(color, '#0b0d10') ? '#ffffff' : '#0b0d10';
