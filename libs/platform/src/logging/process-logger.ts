import { isatty } from 'node:tty';
import { inspect } from 'node:util';
import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, type Level, type Logger as Pino, pino } from 'pino';
import { Story } from '../tracing/story.js';
import { Redactor } from './redactor.js';

/** How a process logs. */
export interface LogOptions {
  /** The process as its lines name it. */
  app: string;
  level: string;
  /** For people instead of machines. */
  pretty: boolean;
  /** What must never be in a line. */
  secrets?: string[];
  /** The file descriptor; default: that of the standard output. */
  fd?: number;
}

/** What the framework tells of its own start is of use to nobody who runs it. */
const framework = new Set([
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestFactory',
  'NestApplication',
]);

/**
 * Nest's logger by pino: a line of JSON each, with the fields of the story that it was logged in. A message that is an
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
      // A copy, as pino adds to it what is in the line.
      mixin: () => ({ ...Story.current?.fields }),
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
    if (message instanceof Error) this.lines[level]({ context, err: told(message) }, message.message);
    else if (typeof message === 'object') this.lines[level]({ context, ...message });
    else this.lines[level]({ context, stack }, typeof message === 'string' ? message : inspect(message));
  }
}

/** Of an error its words alone: libraries hang the commands and documents on it that it was about. */
function told(error: Error): object {
  const { type, message, stack } = pino.stdSerializers.err(error);
  return { type, message, stack, code: (error as { code?: unknown }).code };
}

async function destinationOf({ pretty, fd = 1 }: LogOptions): Promise<DestinationStream> {
  // Lines that come while others are being written go out together, and what is left when the process exits goes out then.
  if (!pretty) return pino.destination({ fd, sync: false });
  const { default: print } = await import('pino-pretty');
  return print({
    destination: fd,
    sync: true,
    colorize: isatty(fd),
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss.l',
    // The words tell the rest.
    ignore: 'app,pid,context,method,route,status',
    messageFormat: '[{context}] {msg}',
  });
}
