/** Writes settings as command line flags; `true` stands for a flag without a value. */
export function flags(settings: Record<string, string | number | true>): string[] {
  return Object.entries(settings).flatMap(([name, value]) =>
    value === true ? [`--${name}`] : [`--${name}`, String(value)],
  );
}
