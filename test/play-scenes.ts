/** What scenes are played on. */
interface SceneStage {
  readonly unexpectedEnds: string[];
  open(): Promise<void>;
  close(): Promise<void>;
}

/** A part of a rehearsal: returns what was not as it should be. */
export type Scene<Stage> = (stage: Stage) => Promise<string[]>;

/**
 * Opens a stage, plays scenes on it one after the other, prints what came of each, and closes the stage.
 * @param only a part of the names of those that are played; all if it is not given.
 * @returns the exit code: 0 if every promise was kept.
 */
export async function playScenes<Stage extends SceneStage>(
  stage: Stage,
  scenes: Record<string, Scene<Stage>>,
  only?: string,
): Promise<number> {
  const faults: string[] = [];
  const begin = Date.now();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stage.close().finally(() => process.exit(1)));
  try {
    await stage.open();
    for (const [name, play] of Object.entries(scenes)) {
      if (only && !name.includes(only)) continue;
      const found = await play(stage);
      const seconds = Math.round((Date.now() - begin) / 1000);
      console.log(`${seconds} s  ${name}: ${found.length === 0 ? 'holds' : 'DOES NOT HOLD'}`);
      for (const fault of found.slice(0, 8)) console.log(`      - ${fault}`);
      faults.push(...found);
    }
    faults.push(...stage.unexpectedEnds);
  } catch (error) {
    faults.push(String((error as Error).stack));
    console.log(faults.at(-1));
  } finally {
    await stage.close();
  }
  console.log(faults.length === 0 ? 'every promise was kept' : 'NOT every promise was kept');
  return faults.length === 0 ? 0 : 1;
}
