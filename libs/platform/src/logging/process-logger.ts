import { isatty } from 'node:tty';
import { inspect } from 'node:util';
import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, type Level, type Logger as Pino, pino } from 'pino';
import { RequestContext } from '../tracing/request-context.js';

/** How a process logs. */
export interface LogOptions {
  /** The name of the process in its lines. */
  app: string;
  level: string;
  /** For people instead of machines. */
  pretty: boolean;
  /** What must never be in a line. */
  secrets?: string[];
  /** The file descriptor; default: that of the standard output. */
  fd?: number;
}

/** What the framework logs about its own start is of no use in operation. */
const framework = new Set([
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestFactory',
  'NestApplication',
]);

/**
 * Nest's logger by pino: a line of JSON each, with the fields of the request context that it was logged in. A message that is an
 * object gives its fields, with `msg` for the words.
 */
export class ProcessLogger implements LoggerService {
  private constructor(private readonly lines: Pino) {}

  static async create(options: LogOptions): Promise<ProcessLogger> {
    const { app, level, secrets = [] } = options;
    const settings = {
      level,
      base: { app, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label: string) => ({ level: label }) },
      // A copy, because pino adds the fields of the line to it.
      mixin: () => ({ ...RequestContext.current?.fields }),
      hooks: { streamWrite: new Redactor(secrets).redact },
    };
    return new ProcessLogger(pino(settings, await destinationOf(options)));
  }

  log(message: unknown, ...rest: unknown[]): void {
    this.write(framework.has(String(rest.at(-1))) ? 'trace' : 'info', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  /** Nest hands over the message, then perhaps a stack, and the context at the end. */
  private write(level: Level, message: unknown, rest: unknown[]): void {
    if (!this.lines.isLevelEnabled(level)) return;
    const context = rest.at(-1);
    const stack = rest.length > 1 ? rest[0] : undefined;
    if (message instanceof Error) this.lines[level]({ context, err: textOf(message) }, message.message);
    else if (typeof message === 'object') this.lines[level]({ context, ...message });
    else this.lines[level]({ context, stack }, typeof message === 'string' ? message : inspect(message));
  }
}

/** Only the text of an error: libraries attach commands and documents to it. */
function textOf(error: Error): object {
  const { type, message, stack } = pino.stdSerializers.err(error);
  return { type, message, stack, code: (error as { code?: unknown }).code };
}

async function destinationOf({ pretty, fd = 1 }: LogOptions): Promise<DestinationStream> {
  // Lines that arrive during a write go out together; the rest is written when the process exits.
  if (!pretty) return pino.destination({ fd, sync: false });
  const { default: print } = await import('pino-pretty');
  return print({
    destination: fd,
    sync: true,
    colorize: isatty(fd),
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss.l',
    // These are in the message.
    ignore: 'app,pid,context,method,route,status',
    messageFormat: '[{context}] {msg}',
  });
}

/** The text before a secret is kept. */
const hidden = '$1$2$3$4[redacted]';

/** Shorter ones would match too much ordinary text. */
const minSecretLength = 6;

/** Patterns of secrets: tokens, credentials in an Authorization header, in a URL, in a query. */
const forms = [
  String.raw`\beyJ[\w-]+\.[\w-]+\.[\w-]*`,
  String.raw`(\b(?:Bearer|Basic) )[\w.~+/=-]+`,
  String.raw`(:\/\/)[^\s"/?#]+(?=@)`,
  String.raw`(\bwhsec_)[\w+/=-]+`,
  String.raw`\bgpo_[\w-]{20,}`,
  String.raw`([?&](?:token|access_token|jwt|key|secret|password|auth_key|auth_signature)=)[^\s"&#]+`,
];

/** Hides secrets in lines: the known ones, and whatever looks like one. */
export class Redactor {
  private readonly secrets: RegExp;

  constructor(known: string[]) {
    const literal = known
      .filter((secret) => secret.length >= minSecretLength)
      // The line is JSON.
      .map((secret) => escaped(JSON.stringify(secret).slice(1, -1)));
    this.secrets = new RegExp([...literal, ...forms].join('|'), 'g');
  }

  /** The line without secrets. */
  readonly redact = (line: string): string => line.replace(this.secrets, hidden);
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`);
}
