/** Writes settings as command line flags; `true` stands for a flag without a value, a list for a flag that is repeated. */
export function flags(settings: Record<string, string | number | true | string[]>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => {
    if (value === true) return [`--${name}`];
    return [value].flat().flatMap((one) => [`--${name}`, String(one)]);
  });
}
