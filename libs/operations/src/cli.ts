import { AuditLog, cliActor } from '#audit';
import { Reconciler } from '#goals';
import { type AppConfig, Clock, DeadLetters, faultLine, IndexStep } from '#platform';
import type { INestApplicationContext } from '@nestjs/common';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { loadWorkerConfig } from './config/app-config.js';
import { addEraseCommand } from './erase.command.js';
import { recordReplays } from './recorded-replays.js';

/** A goal younger than this may still be on its way. */
const settledSeconds = 60;

/** The arguments are wrong; commander has said why. */
const usageExitCode = 2;

/** An operator waits at a terminal, so a store that cannot be reached ends a command instead of holding it up. */
const waitForStoresMs = 5_000;

type Print = (line: string) => void;
/** What a command does; resolves to the exit code. */
type Run = (app: INestApplicationContext) => Promise<number>;

/** How the command line reaches what it works on. */
export interface CliHost {
  /** Boots the application of a worker that takes no jobs. */
  boot(config: AppConfig): Promise<INestApplicationContext>;
  /** The variables that lead to the stores of the local start that is running; throws if none is. */
  localStores(env: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv>;
}

/**
 * Runs the operators' command line; resolves to the exit code. A command boots the application, help does not. Results are
 * printed; what is wrong is one line on stderr.
 */
export async function runCli(
  args: string[],
  host: CliHost,
  print: Print = console.log,
  complain: Print = console.error,
): Promise<number> {
  let exitCode = 0;
  let secrets: string[] = [];
  const cli = new Command('goalpost');
  const execute = async (run: Run) => {
    const isLocal = cli.opts<{ local?: true }>().local === true;
    const env = isLocal ? { ...process.env, ...(await host.localStores(process.env)) } : process.env;
    const config = Object.assign(loadWorkerConfig(env), { waitForStoresMs });
    for (const warning of config.warnings) complain(`goalpost: ${warning}`);
    secrets = config.secrets;
    const app = await host.boot(config);
    try {
      exitCode = await run(app);
    } finally {
      await app.close();
    }
  };
  try {
    await withCommands(cli, execute, print).parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usageExitCode;
    complain(`goalpost: ${faultLine(error, secrets)}`);
    return 1;
  }
}

/** The commands, each with its arguments and its help. */
function withCommands(cli: Command, execute: (run: Run) => Promise<void>, print: Print): Command {
  cli
    .description('Commands for operators. They need MONGO_URL and REDIS_URL, or --local.')
    .option('--local', 'work on the stores of the npm start that runs on DATA_DIR (.data if not set)')
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 not done or something is not as it should be, 2 wrong use.',
    )
    .configureHelp({ showGlobalOptions: true })
    .exitOverride();
  cli
    .command('indexes')
    .description('create every index that is declared')
    .action(() => execute((app) => createIndexes(app, print)));
  cli
    .command('dead')
    .description('list the dead letters: jobs that ran out of attempts')
    .action(() => execute((app) => listDeadLetters(app, print)));
  cli
    .command('replay')
    .description('give dead letters their attempts again')
    .argument('[ids...]', 'ids of dead letters, as dead lists them')
    .option('--all', 'replay every dead letter')
    .action((ids: string[], { all }: { all?: true }) => execute((app) => replay(app, all ?? ids, print)));
  cli
    .command('reconcile')
    .description('find goals and sessions that lack something, and sums that are wrong')
    .option('--fix', 'mend them')
    .option('--older-than <seconds>', 'leave younger goals out', seconds, settledSeconds)
    .action(({ fix = false, olderThan }: { fix?: boolean; olderThan: number }) =>
      execute((app) => reconcile(app, fix, olderThan, print)),
    );
  addEraseCommand(cli, execute, print);
  return cli;
}

function seconds(value: string): number {
  const number = Number(value);
  if (!Number.isFinite(number)) throw new InvalidArgumentError('It is a number of seconds.');
  return number;
}

async function createIndexes(app: INestApplicationContext, print: Print): Promise<number> {
  await app.get(IndexStep).createAll();
  print('every declared index is there');
  return 0;
}

async function listDeadLetters(app: INestApplicationContext, print: Print): Promise<number> {
  const letters = await app.get(DeadLetters).list();
  for (const letter of letters) print(JSON.stringify(letter));
  print(`${letters.length} dead`);
  return 0;
}

/** Fails if nothing was asked for, or an id is unknown. */
async function replay(app: INestApplicationContext, asked: string[] | true, print: Print): Promise<number> {
  const letters = app.get(DeadLetters);
  const ids = asked === true ? (await letters.list()).map(({ id }) => id) : asked;
  const record = recordReplays(app.get(AuditLog), cliActor);
  const unknown: string[] = [];
  for (const id of ids) if (!(await letters.replay(id, record))) unknown.push(id);
  for (const id of unknown) print(`there is no dead letter ${id}`);
  print(`${ids.length - unknown.length} replayed`);
  return unknown.length === 0 && (asked === true || ids.length > 0) ? 0 : 1;
}

/** Fails if something is left that is not as it should be, or could not be compared or mended. */
async function reconcile(
  app: INestApplicationContext,
  fix: boolean,
  olderThanSeconds: number,
  print: Print,
): Promise<number> {
  const before = new Date(app.get(Clock).now().getTime() - olderThanSeconds * 1000);
  let found = 0;
  let left = 0;
  for await (const finding of app.get(Reconciler).find(before, fix)) {
    if (finding.error === undefined) found += 1;
    else left += 1;
    print(JSON.stringify(finding));
  }
  if (left > 0) print(`${left} could not be compared or mended`);
  print(found === 0 ? 'nothing to do' : `${found} ${fix ? 'mended' : 'not as they should be'}`);
  return left === 0 && (fix || found === 0) ? 0 : 1;
}
