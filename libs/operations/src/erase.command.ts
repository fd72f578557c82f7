import { cliActor } from '#audit';
import { Erasures, toErasure } from '#people';
import type { INestApplicationContext } from '@nestjs/common';
import type { Command } from 'commander';

type Print = (line: string) => void;
type Execute = (run: (app: INestApplicationContext) => Promise<number>) => Promise<void>;

/** Adds the command `erase`, which erases the data of one user, or repeats what was erased. */
export function addEraseCommand(cli: Command, execute: Execute, print: Print): void {
  const command = cli
    .command('erase')
    .description("replace a user's id by a pseudonym everywhere, and remove the texts")
    .argument('[user_id]', 'whose data are to go')
    .option('--again', 'repeat every erasure on record whose user is stored, as after a restore')
    .action((userId: string | undefined, { again = false }: { again?: boolean }) => {
      if (again === (userId !== undefined))
        command.error('error: name either a user_id or --again', { exitCode: 2 });
      return execute((app) => (userId === undefined ? eraseAgain(app, print) : erase(app, userId, print)));
    });
}

/** Throws a problem if the user has a running session. */
async function erase(app: INestApplicationContext, userId: string, print: Print): Promise<number> {
  const erasures = app.get(Erasures);
  const { _id } = await erasures.request(userId, cliActor);
  print(JSON.stringify(toErasure(await erasures.finish(_id.toHexString()))));
  return 0;
}

/** Fails if a user has a running session; the others are erased. */
async function eraseAgain(app: INestApplicationContext, print: Print): Promise<number> {
  const erasures = app.get(Erasures);
  const { begun, refused } = await erasures.again(cliActor);
  for (const { erasureId, why } of refused) print(`erasure ${erasureId} cannot be repeated: ${why}`);
  for (const erasureId of begun) print(JSON.stringify(toErasure(await erasures.finish(erasureId))));
  print(begun.length === 0 ? 'nothing to repeat' : `${begun.length} repeated`);
  return refused.length === 0 ? 0 : 1;
}
