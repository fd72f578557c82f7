import type { Contribution } from '#contributions';
import { AuthorizeQueue } from '#livestream';
import { SessionStore } from '#sessions';
import { Injectable } from '@nestjs/common';

/**
 * Notifies buyers of tickets that are sold while the show is on. Reads the session only after the ticket is
 * counted, so that a show that is bound in between finds its owner in the list of all.
 */
@Injectable()
export class LateTicketNotifier {
  constructor(
    private readonly sessions: SessionStore,
    private readonly viewers: AuthorizeQueue,
  ) {}

  /** Queues a notification for each buyer, if the funding goal has its show already and the session is running. */
  async notify(fundingGoalId: string, sessionId: string, tickets: Contribution[]): Promise<void> {
    const session = await this.sessions.find(sessionId);
    const pair = session?.show_goal_pairs?.find(
      ({ funding_goal }) => funding_goal.toHexString() === fundingGoalId,
    );
    if (!session || session.active === false || !pair?.show_goal) return;
    const show = {
      goal_id: pair.show_goal.toHexString(),
      session_id: sessionId,
      streamer_id: session.user.toHexString(),
      funding_goal_id: fundingGoalId,
    };
    const buyers = new Set(tickets.map(({ user_id }) => user_id));
    await Promise.all([...buyers].map((viewer_id) => this.viewers.add({ ...show, viewer_id })));
  }
}
