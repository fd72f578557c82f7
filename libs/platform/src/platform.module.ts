import { type DynamicModule, Global, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { MongooseModule } from '@nestjs/mongoose';
import { Registry } from 'prom-client';
import { AuthGuard } from './auth/auth.guard.js';
import { DeniedTokens } from './auth/denied-tokens.js';
import { ScopedTokens } from './auth/scoped-tokens.js';
import { TOKEN_DENIAL_MODEL, tokenDenialSchema } from './auth/token-denial.schema.js';
import { TokenDenialStore } from './auth/token-denial.store.js';
import { TokenVerifier } from './auth/token-verifier.js';
import { AppConfig } from './config/config.js';
import { StoreEpoch } from './epoch/epoch.js';
import { EpochStore } from './epoch/epoch.store.js';
import { HealthController, Readiness } from './health/health.controller.js';
import { Shutdown } from './http/shutdown.js';
import { ResponseTimeoutInterceptor } from './http/response-timeout.interceptor.js';
import { IdempotencyInterceptor } from './idempotency/idempotency.interceptor.js';
import { IdempotencyStore } from './idempotency/idempotency.store.js';
import { EventLoopMonitor, ConcurrencyLimit } from './limits/concurrency-limit.js';
import { RateLimiter } from './limits/rate-limiter.js';
import { ProblemFilter } from './problem/problem.filter.js';
import { QueuesModule } from './queues/queues.module.js';
import { StoresModule } from './stores.module.js';
import { ValidationPipe } from './validation/validate.js';

export { Readiness };

/** What every process stands on: settings, stores, queues, auth, validation, problem details, health. */
@Global()
@Module({})
export class PlatformModule {
  static register(config: AppConfig): DynamicModule {
    const sections = [...config.sections].map(([provide, useValue]) => ({ provide, useValue }));
    return {
      module: PlatformModule,
      imports: [
        StoresModule,
        MongooseModule.forFeature([{ name: TOKEN_DENIAL_MODEL, schema: tokenDenialSchema }]),
        QueuesModule,
      ],
      controllers: [HealthController],
      providers: [
        { provide: AppConfig, useValue: config },
        ...sections,
        { provide: Registry, useFactory: () => new Registry() },
        Readiness,
        EpochStore,
        StoreEpoch,
        Shutdown,
        DeniedTokens,
        ScopedTokens,
        TokenDenialStore,
        TokenVerifier,
        IdempotencyStore,
        IdempotencyInterceptor,
        RateLimiter,
        ConcurrencyLimit,
        EventLoopMonitor,
        { provide: APP_GUARD, useClass: AuthGuard },
        { provide: APP_INTERCEPTOR, useClass: ResponseTimeoutInterceptor },
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: APP_PIPE, useClass: ValidationPipe },
      ],
      exports: [
        ...sections,
        AppConfig,
        Registry,
        Shutdown,
        ScopedTokens,
        TokenDenialStore,
        TokenVerifier,
        RateLimiter,
        IdempotencyStore,
        IdempotencyInterceptor,
        StoreEpoch,
      ],
    };
  }
}
