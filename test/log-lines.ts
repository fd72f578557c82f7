import type { TestProcess } from './process.js';

/** A line of a log. */
export interface LogLine {
  level: string;
  time: string;
  app: string;
  context: string;
  msg: string;
  [field: string]: unknown;
}

/** What processes have logged; throws where a line is no JSON. */
export function linesOf(...processes: TestProcess[]): LogLine[] {
  return processes.flatMap(({ lines }) => lines.map((line) => JSON.parse(line) as LogLine));
}
