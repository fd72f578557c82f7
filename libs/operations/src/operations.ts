import { Reconciler } from '#goals';
import { Clock, DeadLetters, IndexStep } from '#platform';
import type { INestApplicationContext } from '@nestjs/common';

/** Something that an operator asks for; resolves to the exit code. */
export type Operation = (
  app: INestApplicationContext,
  ask: Ask,
  say: (line: string) => void,
) => Promise<number>;

/** What follows the operation's name on the command line. */
export interface Ask {
  ids: string[];
  all: boolean;
  fix: boolean;
  olderThanSeconds: number;
}

/** Every operation, with what it is for. */
export const operations: Record<string, { usage: string; run: Operation }> = {
  indexes: {
    usage: 'indexes                            makes every index that is declared',
    run: makeIndexes,
  },
  dead: { usage: 'dead                               shows what ran out of tries', run: showDead },
  replay: { usage: 'replay <id> … | --all              gives the dead their tries again', run: replay },
  reconcile: {
    usage: 'reconcile [--fix] [--older-than N] finds goals that are not whole; delivers again what they lack',
    run: reconcile,
  },
};

async function makeIndexes(
  app: INestApplicationContext,
  _: Ask,
  say: (line: string) => void,
): Promise<number> {
  await app.get(IndexStep).createAll();
  say('every declared index is there');
  return 0;
}

async function showDead(app: INestApplicationContext, _: Ask, say: (line: string) => void): Promise<number> {
  const letters = await app.get(DeadLetters).list();
  for (const letter of letters) say(JSON.stringify(letter));
  say(`${letters.length} dead`);
  return 0;
}

async function replay(
  app: INestApplicationContext,
  { ids, all }: Ask,
  say: (line: string) => void,
): Promise<number> {
  const letters = app.get(DeadLetters);
  const chosen = all ? (await letters.list()).map(({ id }) => id) : ids;
  const unknown: string[] = [];
  for (const id of chosen) if (!(await letters.replay(id))) unknown.push(id);
  for (const id of unknown) say(`there is no dead letter ${id}`);
  say(`${chosen.length - unknown.length} replayed`);
  return unknown.length === 0 && chosen.length + Number(all) > 0 ? 0 : 1;
}

async function reconcile(
  app: INestApplicationContext,
  { fix, olderThanSeconds }: Ask,
  say: (line: string) => void,
): Promise<number> {
  const before = new Date(app.get(Clock).now().getTime() - olderThanSeconds * 1000);
  let found = 0;
  let unreadable = 0;
  for await (const finding of app.get(Reconciler).find(before, fix)) {
    if (finding.error === undefined) found += 1;
    else unreadable += 1;
    say(JSON.stringify(finding));
  }
  if (unreadable > 0) say(`${unreadable} goals cannot be compared`);
  say(`${found} goals ${fix ? 'got what they lacked delivered again' : 'are not whole'}`);
  return unreadable === 0 && (fix || found === 0) ? 0 : 1;
}
