/** What /metrics said at one moment. */
export interface ReadMetrics {
  text: string;
  names: string[];
  /** The value of the series of that name and just these labels; 0 where there is none yet. */
  value(name: string, labels?: object): number;
}

/** Reads the metrics of a process. */
export async function readMetrics(url: string): Promise<ReadMetrics> {
  const answer = await fetch(`${url}/metrics`);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.status}: ${text}`);
  const lines = text.split('\n');
  return {
    text,
    names: lines.flatMap((line) => /^# TYPE (\S+)/.exec(line)?.[1] ?? []),
    value(name, labels = {}) {
      const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
      const labelled = pairs.length > 0 ? `${name}{${pairs.join(',')}}` : name;
      const series = lines.find((line) => line.startsWith(`${labelled} `));
      return Number(series?.split(' ').at(-1) ?? 0);
    },
  };
}
