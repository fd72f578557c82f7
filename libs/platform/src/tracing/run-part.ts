import type { Logger } from '@nestjs/common';
import type { Story } from './story.js';

const told = new WeakSet<Error>();

/**
 * Runs a part of a story to its end. A line at debug tells that it went well; one at warn tells of a failure, once, where it
 * came from, however many parts it passes on its way up.
 */
export async function runPart<Result>(
  story: Story,
  logger: Logger,
  what: string,
  work: () => Promise<Result>,
): Promise<Result> {
  return story.run(async () => {
    try {
      const result = await work();
      logger.debug({ msg: `${what} done`, ms: story.ms });
      story.end();
      return result;
    } catch (fault) {
      const error = fault instanceof Error ? fault : new Error(String(fault));
      if (!told.has(error)) logger.warn({ msg: `${what} failed: ${error.message}`, ms: story.ms });
      told.add(error);
      story.end(error);
      throw error;
    }
  });
}
