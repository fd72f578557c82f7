import { readFileSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { Type } from '@nestjs/common';
import { type CleanedEnv, cleanEnv, EnvMissingError, type ValidatorSpec } from 'envalid';
import { OperatorError } from '../problem/fault-line.js';
import { misspelledVariables } from './misspelled.js';
import {
  listIn,
  type Proxies,
  type RateLimits,
  readProxies,
  readRateLimits,
  variables,
} from './variables.js';

/**
 * The configuration of a process, checked once at boot and never read from the environment again. Its own fields are those
 * of platform; other libs declare sections, which they inject by their classes.
 */
export class AppConfig {
  http: {
    port: number;
    host: string;
    proxies: Proxies;
    corsOrigins: string[];
    requestTimeoutMs: number;
    shutdownDelayMs: number;
    docs: boolean;
    metrics: boolean;
  };
  limits: { rates: RateLimits; inFlight: number };
  mongo: { url: string };
  redis: { url: string; prefix: string };
  auth: { secrets: string[]; jwksUrl?: string; issuer?: string; audience?: string };
  /** `pretty`: for people, not machines. */
  log: { level: string; pretty: boolean };
  jobs: { concurrency: number; attempts: number; backoffMs: number; lockMs: number };
  /** How long a boot waits for a store that cannot be reached, in milliseconds; without end by default. */
  waitForStoresMs: number;
  /** Local mode only: the demo pages are served, with the tokens and ids of this file. */
  demo?: { file: string };
  /** A sentence for each variable that is set and looks misspelled. */
  warnings: string[];
  /** Every secret in any variable, to be hidden in logs. */
  secrets: string[];
  sections: Map<Type<object>, object>;

  /** The section of a lib. */
  get<Section extends object>(type: Type<Section>): Section {
    const section = this.sections.get(type);
    if (!section) throw new Error(`the configuration has no ${type.name}`);
    return section as Section;
  }
}

type Variables = Record<string, ValidatorSpec<unknown>>;

/** The part of the configuration that a lib declares: its variables, and the object that it injects. */
export interface ConfigSection<Section extends object = object, Specs = Variables> {
  type: Type<Section>;
  variables: Specs;
  /** Faults that concern several variables, one sentence each. */
  check?(given: NodeJS.ProcessEnv): string[];
  read(values: CleanedEnv<Specs>, config: AppConfig): Section;
}

/** Declares a section. */
export function configSection<Section extends object, Specs extends Variables>(
  section: ConfigSection<Section, Specs>,
): ConfigSection<Section, Specs> {
  return section;
}

/** The configuration is invalid; the message lists every fault with its variable. */
export class ConfigError extends OperatorError {
  constructor(faults: string[]) {
    super(['The configuration does not hold:', ...faults.map((fault) => `  - ${fault}`)].join('\n'));
    this.name = 'ConfigError';
  }
}

/**
 * Reads and checks the variables of platform and of these sections; throws a ConfigError with all faults at once. Only a process
 * that `checksTokens` needs something to check them by.
 */
export function loadConfig(
  environment: NodeJS.ProcessEnv,
  sections: ConfigSection[] = [],
  { checksTokens = true }: { checksTokens?: boolean } = {},
): AppConfig {
  const names = [variables, ...sections.map((section) => section.variables)].flatMap(Object.keys);
  const { env, faults } = readSecretFiles(environment, names);
  const given = dropEmpty(env);
  const clean = <Specs extends Variables>(specs: Specs): CleanedEnv<Specs> =>
    cleanEnv(given, specs, {
      reporter: ({ errors }) => {
        for (const [name, error] of Object.entries<Error | undefined>(errors))
          faults.push(`${name}: ${wrongWith(error)} (${specs[name]?.desc})`);
      },
    });
  // What `clean` returns throws if a variable with a fault is read, so not before all faults are known.
  const values = clean(variables);
  const others = sections.map((section) => ({ section, values: clean(section.variables) }));
  for (const section of sections) faults.push(...(section.check?.(given) ?? []));
  if (checksTokens && !given.JWT_SECRET && !given.JWT_JWKS_URL)
    faults.push('JWT_SECRET: set JWT_SECRET or JWT_JWKS_URL, so that tokens can be checked');
  if (given.DEMO_FILE && given.NODE_ENV === 'production')
    faults.push('DEMO_FILE: is not for production, as it hands tokens to everyone who asks');
  const warnings = misspelledVariables(given, names);
  // What is required may be there by a wrong name.
  if (faults.length > 0) throw new ConfigError([...faults, ...warnings]);

  const config = Object.assign(new AppConfig(), {
    http: {
      port: values.PORT,
      host: values.HOST,
      proxies: readProxies(values.TRUST_PROXY ?? ''),
      corsOrigins: values.CORS_ORIGINS?.split(',') ?? [],
      requestTimeoutMs: values.REQUEST_TIMEOUT_MS,
      shutdownDelayMs: values.SHUTDOWN_DELAY_MS,
      docs: values.DOCS === 'open',
      metrics: values.METRICS === 'open',
    },
    limits: { rates: readRateLimits(values.RATE_LIMIT), inFlight: values.MAX_IN_FLIGHT },
    mongo: { url: values.MONGO_URL },
    redis: { url: values.REDIS_URL, prefix: values.REDIS_PREFIX },
    auth: {
      secrets: values.JWT_SECRET ? listIn(values.JWT_SECRET) : [],
      jwksUrl: values.JWT_JWKS_URL,
      issuer: values.JWT_ISSUER,
      audience: values.JWT_AUDIENCE,
    },
    log: { level: values.LOG_LEVEL, pretty: isForPeople(given) },
    jobs: {
      concurrency: values.WORKER_CONCURRENCY,
      attempts: values.DELIVERY_ATTEMPTS,
      backoffMs: values.DELIVERY_BACKOFF_MS,
      lockMs: values.JOB_LOCK_MS,
    },
    waitForStoresMs: Infinity,
    demo: values.DEMO_FILE ? { file: values.DEMO_FILE } : undefined,
    warnings,
    secrets: secretsIn(given, names),
    sections: new Map<Type<object>, object>(),
  });
  for (const { section, values: own } of others)
    config.sections.set(section.type, Object.assign(new section.type(), section.read(own, config)));
  return config;
}

/** Whether a person reads the log as it is written: in development, or at a terminal outside production. */
export function isForPeople({ NODE_ENV }: NodeJS.ProcessEnv): boolean {
  return NODE_ENV === 'development' || (NODE_ENV !== 'production' && isatty(1));
}

/** A URL may contain a password, so an invalid one is not repeated. */
function wrongWith(error: Error | undefined): string {
  if (error instanceof EnvMissingError) return 'is required';
  const message = error?.message ?? '';
  return message.startsWith('Invalid url') ? 'is not a URL' : message;
}

/** Compose files set variables to the empty string to mean "not set". */
function dropEmpty(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
}

/** The values of variables whose names say that they are secret, and the passwords in all URLs. */
function secretsIn(given: NodeJS.ProcessEnv, names: string[]): string[] {
  return names
    .flatMap((name) => {
      const value = given[name] ?? '';
      return /(SECRET|MASTER_KEY)$/.test(name) ? listIn(value) : /:\/\/[^/@]*?:([^/@]+)@/.exec(value)?.[1];
    })
    .filter((secret) => !!secret) as string[];
}

/**
 * Sets each `NAME` in `names` from the file that `NAME_FILE` points to, as container platforms provide secrets.
 * Returns the faults, one sentence each.
 */
function readSecretFiles(
  env: NodeJS.ProcessEnv,
  names: string[],
): { env: NodeJS.ProcessEnv; faults: string[] } {
  const filled = { ...env };
  const faults: string[] = [];
  for (const name of names) {
    const path = env[`${name}_FILE`];
    if (!path) continue;
    if (env[name]) {
      faults.push(`${name}: set either ${name} or ${name}_FILE, not both`);
      continue;
    }
    try {
      filled[name] = readFileSync(path, 'utf8').trim();
    } catch (error) {
      faults.push(`${name}_FILE: ${path} cannot be read (${(error as Error).message})`);
    }
  }
  return { env: filled, faults };
}
