import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AppConfig } from '../config/config.js';
import { faultLine } from '../problem/fault-line.js';
import { startTracing, stopTracing } from '../tracing/tracing.js';
import { Shutdown } from './shutdown.js';

/** After SHUTDOWN_DELAY_MS a process stops within 10 s; another one takes over what is still running. */
const stopWithinMs = 9_000;

/**
 * Runs a process until it has to stop: loads its configuration, boots, listens, and on SIGTERM, SIGINT or the end of its launcher
 * closes in order and exits 0. Before it closes after a SIGTERM, it serves on for SHUTDOWN_DELAY_MS. If the boot fails, or the
 * launcher ends during it, the process exits 1; what stopped it is a plain line on stderr, whatever the format of the log.
 */
export async function runProcess(
  name: string,
  load: (env: NodeJS.ProcessEnv) => AppConfig,
  boot: (config: AppConfig) => Promise<NestFastifyApplication>,
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  const logger = new Logger(name);
  // The channel to the launcher closes with it, also if it is killed.
  let onOrphaned = (): void => process.exit(1);
  process.once('disconnect', () => onOrphaned());
  const complain = (line: string) => console.error(`goalpost-${name}: ${line}`);
  let secrets: string[] = [];
  try {
    const config = load(env);
    config.warnings.forEach(complain);
    secrets = config.secrets;
    await startTracing(`goalpost-${name}`, env);
    const app = await boot(config);
    const stop = stopOnce(app, logger);
    process.on('SIGTERM', (reason) => stop(reason, config.http.shutdownDelayMs));
    process.on('SIGINT', (reason) => stop(reason, 0));
    onOrphaned = () => stop('the launcher is gone', 0);
    await app.listen(config.http.port, config.http.host);
    logger.log(`ready on ${await app.getUrl()}`);
  } catch (error) {
    complain(faultLine(error, secrets));
    process.exit(1);
  }
}

/** Stops the process after a delay; a further call without a delay ends that of the first one. */
function stopOnce(app: NestFastifyApplication, logger: Logger): (reason: string, delayMs: number) => void {
  const shutdown = app.get(Shutdown);
  return (reason, delayMs) => {
    if (delayMs === 0) shutdown.hurry();
    if (shutdown.signal.aborted) return;
    logger.log(`${reason}: stopping`);
    void shutdown
      .begin(delayMs)
      .then(() => {
        setTimeout(() => process.exit(0), stopWithinMs).unref();
        return app.close();
      })
      .then(() => stopTracing())
      .then(
        () => process.exit(0),
        (error: unknown) => {
          logger.error(error);
          process.exit(1);
        },
      );
  };
}
