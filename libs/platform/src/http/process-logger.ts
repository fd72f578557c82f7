import { isatty } from 'node:tty';
import { ConsoleLogger, type LogLevel } from '@nestjs/common';

const levels: [name: string, nest: LogLevel][] = [
  ['fatal', 'fatal'],
  ['error', 'error'],
  ['warn', 'warn'],
  ['info', 'log'],
  ['debug', 'debug'],
  ['trace', 'verbose'],
];

const framework = new Set([
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestFactory',
  'NestApplication',
]);

/** Logs to the console from a level on, without the framework's account of its own start. */
export class ProcessLogger extends ConsoleLogger {
  constructor(level: string) {
    const last = levels.findIndex(([name]) => name === level);
    super({
      logLevels: levels.slice(0, last + 1).map(([, nest]) => nest),
      colors: isatty(1),
    });
  }

  override log(message: unknown, ...rest: unknown[]): void {
    if (!framework.has(String(rest.at(-1)))) super.log(message, ...(rest as [string]));
  }
}
