/** Runs the fault suite (test/faults). */
import './typescript.mjs';

const { runFaults } = await import('../test/faults/main.ts');
process.exit(await runFaults());
