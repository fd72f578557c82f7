import { type Actor, AuditLog } from '#audit';
import type { RecordReplay } from '#platform';

/** Records replays of dead letters in the audit log, as those of this actor. */
export function recordReplays(log: AuditLog, actor: Actor): RecordReplay {
  return ({ id, event, handler, error, tries }) =>
    log.record({
      act: 'replay_job',
      actor,
      target: { job_id: id },
      before: { event: event ?? null, handler: handler ?? null, error, tries },
    });
}
