/** Minimum, median and maximum of every figure, side by side, with the ratio of the medians. */
const short = (value) => (value >= 100 ? String(Math.round(value)) : value.toFixed(value >= 10 ? 1 : 2));

function spread(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return { min: sorted[0], median: sorted[Math.floor(sorted.length / 2)], max: sorted.at(-1) };
}

const cell = (figure) =>
  figure ? `${short(figure.min)} / ${short(figure.median)} / ${short(figure.max)}` : '';

/** Prints what was seen of each side: rounds of figures by name. */
export function printTable(seen) {
  const labels = Object.keys(seen).filter((label) => seen[label].length > 0);
  const names = [...new Set(labels.flatMap((label) => Object.keys(seen[label][0])))];
  console.log(`\n| min / median / max | ${labels.join(' | ')} | goalpost : peer |`);
  console.log(`| --- |${' --- |'.repeat(labels.length + 1)}`);
  for (const name of names) {
    const figures = Object.fromEntries(
      labels.map((label) => {
        const values = seen[label].map((round) => round[name]).filter((value) => value !== undefined);
        return [label, values.length > 0 ? spread(values) : undefined];
      }),
    );
    const { goalpost, peer } = figures;
    const ratio = goalpost && peer && peer.median > 0 ? (goalpost.median / peer.median).toFixed(2) : '';
    console.log(`| ${name} | ${labels.map((label) => cell(figures[label])).join(' | ')} | ${ratio} |`);
  }
}
