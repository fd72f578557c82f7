/** Runs the fuzz (test/fuzz). */
import './typescript.mjs';

const { runFuzz } = await import('../test/fuzz/main.ts');
process.exit(await runFuzz());
