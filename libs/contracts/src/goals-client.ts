import type { ClientProxy } from '@nestjs/microservices';
import type { Contributed } from './contribution.js';
import type { Goal } from './goal.js';
import {
  type AuthorizedMessage,
  type ContributeMessage,
  type CreateGoalMessage,
  goalPatterns,
} from './patterns.js';

type Unsigned<Message extends AuthorizedMessage> = Omit<Message, 'authorization'>;

/** Settings of a client that have a default. */
export interface GoalsClientOptions {
  /** How long an answer may take; ten seconds where it is not set. */
  timeoutMs?: number;
}

/**
 * Asks goalpost by message, over whichever transport the proxy was made for. A refusal rejects with the problem object
 * (`isProblem`); everything may be asked again after another failure, `create` best under an `idempotency_key`.
 */
export class GoalsClient {
  /** `token` is asked for each message, so that it may be renewed; it is sent as `Bearer <token>`. */
  constructor(
    private readonly proxy: ClientProxy,
    private readonly token: () => string | Promise<string>,
    private readonly options: GoalsClientOptions = {},
  ) {}

  /** Has a goal created; resolves once it is accepted, and tells the id under which it will be there. */
  create(goal: Unsigned<CreateGoalMessage>): Promise<{ goal_id: string }> {
    return this.ask(goalPatterns.create, goal);
  }

  /** The goal as it is by now. */
  get(goalId: string): Promise<Goal> {
    return this.ask(goalPatterns.get, { goal_id: goalId });
  }

  /** Counts a contribution; the same `source_id` again counts once. Takes a token with the role service. */
  contribute(contribution: Unsigned<ContributeMessage>): Promise<Contributed> {
    return this.ask(goalPatterns.contribute, contribution);
  }

  private async ask<Answer>(pattern: string, message: object): Promise<Answer> {
    const { timeoutMs = 10_000 } = this.options;
    const authorization = `Bearer ${await this.token()}`;
    return new Promise((resolve, reject) => {
      const subscription = this.proxy.send<Answer>(pattern, { ...message, authorization }).subscribe({
        next: resolve,
        error: reject,
        complete: () => reject(new Error(`${pattern} ended without an answer`)),
      });
      const late = () => reject(new Error(`${pattern} was not answered within ${timeoutMs} ms`));
      const patience = setTimeout(late, timeoutMs);
      subscription.add(() => clearTimeout(patience));
    });
  }
}
