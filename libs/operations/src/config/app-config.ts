import { analyticsConfig } from '#analytics';
import { eventLogConfig } from '#event-log';
import { goalsConfig } from '#goals';
import { messagingConfig } from '#messaging';
import { type AppConfig, loadConfig, variables } from '#platform';
import { overlayConfig } from '#overlay';
import { realtimeConfig } from '#realtime';
import { webhooksConfig } from '#webhooks';

const sections = [
  messagingConfig,
  realtimeConfig,
  analyticsConfig,
  goalsConfig,
  eventLogConfig,
  webhooksConfig,
  overlayConfig,
];

/** Every variable that a process reads. */
export const appVariables = Object.assign(
  {},
  variables,
  ...sections.map((section) => section.variables),
) as typeof variables &
  typeof messagingConfig.variables &
  typeof realtimeConfig.variables &
  typeof analyticsConfig.variables &
  typeof goalsConfig.variables &
  typeof eventLogConfig.variables &
  typeof webhooksConfig.variables &
  typeof overlayConfig.variables;

/** The configuration of an api. Throws a ConfigError with all faults at once. */
export function loadAppConfig(env: NodeJS.ProcessEnv): AppConfig {
  return loadConfig(env, sections);
}

/** The configuration of a worker or of the command line, to which nobody sends tokens; the same, but it needs no key for them. */
export function loadWorkerConfig(env: NodeJS.ProcessEnv): AppConfig {
  return loadConfig(env, sections, { checksTokens: false });
}
