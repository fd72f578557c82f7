import { type GoalEvent, goalEvents } from '#contracts';
import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { Inbox } from './inbox.js';

/** Takes whatever goalpost publishes. */
@Controller()
export class GoalEventsController {
  constructor(private readonly inbox: Inbox) {}

  @EventPattern(Object.values(goalEvents))
  take(@Payload() event: GoalEvent): void {
    this.inbox.take(event);
  }
}
