import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { until } from './client.js';
import { freePort } from './process.js';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '..');

/** A fenced block of the page: its language, what follows that on the line, and its text; or the comment that ends programs. */
interface Step {
  kind: string;
  about: string;
  text: string;
}

function stepsOf(page: string): Step[] {
  const form = /^```(\w+) ?(.*)\n([^]*?)^```$|^<!-- (Ctrl-C) -->$/gm;
  return [...page.matchAll(form)].map(([, kind, about = '', text = '', keys]) => ({
    kind: kind ?? keys!,
    about,
    text,
  }));
}

const escaped = (text: string) => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);

/** Matches what a block says that a command prints: `…` is any text, on a line of its own any lines; an id is any id. */
function formOf(text: string, isWhole: boolean): RegExp {
  const lines = linesOf(text).map((line) =>
    line === '…'
      ? '(?:.*\n)*?'
      : `${escaped(line)
          .replaceAll('…', '.*?')
          .replaceAll(/[0-9a-f]{24}/g, '[0-9a-f]{24}')}\n`,
  );
  return new RegExp(`^${lines.join('')}${isWhole ? '$' : ''}`, isWhole ? '' : 'm');
}

const anyOrder = 'in any order';
const ofNetwork = /^(NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|(https?|no)_proxy)$/i;
const isRead = /\bcurl -s "/;
const linesOf = (text: string) => text.trimEnd().split('\n');

/** A bash whose programs see Ctrl-C as in a terminal, and what was printed in it. */
class Terminal {
  private output = '';
  private blocks = 0;
  private readonly child: ChildProcess;

  constructor(cwd: string, env: NodeJS.ProcessEnv) {
    this.child = spawn('bash', [], { cwd, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout!, this.child.stderr!])
      stream.on('data', (chunk: Buffer) => (this.output += stripVTControlCharacters(chunk.toString())));
  }

  /** Runs a block to its end; resolves to what it printed. */
  async run(block: string): Promise<string> {
    const end = new RegExp(`\\n?^end ${++this.blocks} (\\d+)\\n`, 'm');
    const from = this.output.length;
    this.child.stdin!.write(`${block}\necho "\nend ${this.blocks} $?"\n`);
    await this.says(end);
    const printed = this.output.slice(from);
    const found = end.exec(printed)!;
    const text = printed.slice(0, found.index);
    if (found[1] !== '0' && !isRead.test(block)) throw new Error(`${block} ended with ${found[1]}:\n${text}`);
    return text.endsWith('\n') || text === '' ? text : `${text}\n`;
  }

  /** Begins with a block that goes on. */
  begin(block: string): void {
    this.output = '';
    this.child.stdin!.end(block);
  }

  async says(form: RegExp): Promise<void> {
    await until(async () => {
      if (form.test(this.output)) return true;
      if (this.child.exitCode !== null) throw new Error(`it has ended:\n${this.output}`);
      return false;
    }, 120_000).catch((error: unknown) => {
      throw new Error(`${form} did not come, but:\n${this.output}`, { cause: error });
    });
  }

  /** Presses Ctrl-C, and waits until all has ended. */
  async interrupt(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const closed = once(this.child, 'close');
    process.kill(-this.child.pid!, 'SIGINT');
    this.child.stdin!.end();
    await closed;
  }
}

/** Applies a diff whose parts have no line numbers: each part must fit in one place. */
async function applyDiff(dir: string, diff: string): Promise<void> {
  const [head = '', ...parts] = diff.split(/^@@\n/m);
  const file = join(dir, /^\+\+\+ b\/(.*)$/m.exec(head)![1]!);
  let text = await readFile(file, 'utf8');
  for (const part of parts) {
    const lines = part.trimEnd().split('\n');
    const side = (without: string) =>
      lines
        .filter((line) => !line.startsWith(without))
        .map((line) => `${line.slice(1)}\n`)
        .join('');
    expect(text.split(side('+'))).toHaveLength(2);
    text = text.replace(side('+'), () => side('-'));
  }
  await writeFile(file, text);
}

describe('docs/tutorial.md', () => {
  let dir: string;
  const terminals = new Map<string, Terminal>();
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'goalpost-tutorial-'));
  });
  afterAll(async () => {
    await Promise.all([...terminals.values()].map((terminal) => terminal.interrupt()));
    await rm(dir, { recursive: true, force: true });
  }, 60_000);

  /** A repository with the files of this checkout, changed ones included. */
  async function makeRepository(): Promise<string> {
    const source = join(dir, 'source');
    await mkdir(source);
    const { stdout } = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: root,
      maxBuffer: 2 ** 24,
    });
    const files = stdout.split('\0').filter(Boolean);
    for (const file of files) await cp(join(root, file), join(source, file));
    const git = (...args: string[]) =>
      run('git', ['-c', 'user.name=reader', '-c', 'user.email=reader@localhost', ...args], { cwd: source });
    await git('init', '-q');
    await git('add', '-A');
    await git('commit', '-qm', 'as it is');
    return source;
  }

  it('leads from a clone to a handler and a service, with each output that it shows', async () => {
    const port = String(await freePort());
    const { HOME, XDG_CACHE_HOME, GOALPOST_CACHE } = process.env;
    const env = {
      // How npm gets out of this machine.
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => ofNetwork.test(name))),
      HOME,
      XDG_CACHE_HOME,
      GOALPOST_CACHE,
      PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
      PORT: port,
      GIT_CONFIG_NOSYSTEM: '1',
      npm_config_update_notifier: 'false',
      // A download that stands still is tried again within the time of this test; by default npm waits five minutes for it.
      npm_config_fetch_timeout: '20000',
    };
    const checkout = join(dir, 'goalpost');
    const source = await makeRepository();
    const main = new Terminal(dir, env);
    terminals.set('', main);
    let last = { terminal: '', block: '', printed: '' };

    for (const { kind, about, text } of stepsOf(await readFile(join(root, 'docs/tutorial.md'), 'utf8'))) {
      const here = text.replaceAll('127.0.0.1:3000', `127.0.0.1:${port}`);
      if (kind === 'Ctrl-C') {
        const running = [...terminals].filter(([name]) => name !== '');
        for (const [name, terminal] of running) {
          await terminal.interrupt();
          terminals.delete(name);
        }
      } else if (kind === 'ts') {
        await writeFile(join(checkout, about), text);
      } else if (kind === 'diff') {
        await applyDiff(checkout, text);
      } else if (kind === 'sh' && about) {
        const terminal = new Terminal(about === 'first terminal' ? checkout : dir, env);
        terminals.set(about, terminal);
        terminal.begin(here);
        last = { terminal: about, block: here, printed: '' };
      } else if (kind === 'sh' && here.startsWith('git clone')) {
        await run('bash', ['-ec', here.replace('<this repository>', source)], { cwd: dir });
        // What the first start would install and compile.
        await symlink(join(root, 'node_modules'), join(checkout, 'node_modules'));
        await cp(join(root, 'dist'), join(checkout, 'dist'), { recursive: true });
      } else if (kind === 'sh') {
        last = { terminal: '', block: here, printed: await main.run(here) };
      } else if (about === anyOrder && last.terminal) {
        for (const line of linesOf(here)) await terminals.get(last.terminal)!.says(formOf(line, false));
      } else if (last.terminal || about === 'first terminal') {
        await terminals.get(about || last.terminal)!.says(formOf(here, false));
      } else {
        const isSame = (printed: string) =>
          about === anyOrder
            ? linesOf(printed).toSorted().join() === linesOf(here).toSorted().join()
            : formOf(here, true).test(printed);
        // What is read is there a moment later, and a reader is not as fast.
        if (isRead.test(last.block)) {
          const again = async () =>
            isSame(last.printed) || ((last.printed = await main.run(last.block)), false);
          await until(again).catch(() => undefined);
        }
        if (!isSame(last.printed)) expect(last.printed).toBe(here);
      }
    }
  }, 300_000);
});
