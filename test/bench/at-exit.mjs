/** Ends what a benchmark has started also where it fails, or is itself ended from outside. */
const left = new Set();

process.on('exit', () => {
  for (const end of left) end();
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

/** Has this called, which must not wait for anything, when the process exits; returns what makes that needless. */
export function atExit(end) {
  left.add(end);
  return () => left.delete(end);
}
