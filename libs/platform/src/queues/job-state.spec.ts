import type { Job } from 'bull';
import {
  failureId,
  isLastTry,
  PermanentError,
  postpone,
  reportFinalFailure,
  UnknownJobError,
  useBackoff,
  wasReplayed,
} from './job-state.js';

const jobOf = (fields: object): Job => ({ attemptsMade: 0, timestamp: 1000, opts: {}, ...fields }) as Job;
const fails = new Error('down');

describe('the last try of a job', () => {
  it.each([
    [3, [false, false, true, true]],
    [1, [true, true, true, true]],
    [undefined, [true, true, true, true]],
  ])('is the one that uses up its tries: %s', (attempts, expected) => {
    const seen = [0, 1, 2, 3].map((attemptsMade) =>
      isLastTry(jobOf({ attemptsMade, opts: { attempts } }), fails),
    );
    expect(seen).toEqual(expected);
  });

  it('is any that no further one can mend, and none that waits for another process', () => {
    const fresh = jobOf({ opts: { attempts: 5 } });
    expect(isLastTry(fresh, new PermanentError('no'))).toBe(true);
    expect(isLastTry(jobOf({ opts: { attempts: 1 } }), new UnknownJobError('of another release'))).toBe(
      false,
    );
  });
});

describe('a final failure', () => {
  it('has another id after a replay', () => {
    const [once, replayed] = [jobOf({}), jobOf({ retriedOn: 2000 })];
    expect([wasReplayed(once), wasReplayed(replayed)]).toEqual([false, true]);
    expect([failureId(once), failureId(replayed)]).toEqual(['1000', '2000']);
  });

  it('that is reported leaves the tries as they are', async () => {
    const job = jobOf({ attemptsMade: 2, opts: { attempts: 3 } });
    await reportFinalFailure(job, fails, () => Promise.resolve());
    await reportFinalFailure(job, fails, () => undefined);
    expect(job.opts.attempts).toBe(3);
  });

  it('that cannot be reported gives one more try, and says both', async () => {
    const job = jobOf({ attemptsMade: 2, opts: { attempts: 3 } });
    const fault = new Error('away');
    const report = reportFinalFailure(job, fails, () => Promise.reject(fault));
    await expect(report).rejects.toMatchObject({
      message: 'down; its final failure could not be reported: Error: away',
      cause: fault,
    });
    expect(job.opts.attempts).toBe(4);
    expect(isLastTry(job, fails)).toBe(false);
  });
});

describe('a job that is put back', () => {
  it.each([
    [3, 1, 3],
    [3, 3, 4],
    [undefined, 0, 1],
    [undefined, 1, 2],
  ])(
    'with %s tries of which %s are used has %s, and this one is not counted',
    (attempts, attemptsMade, left) => {
      const job = jobOf({ attemptsMade, opts: { attempts } });
      postpone(job);
      expect([job.opts.attempts, job.attemptsMade]).toEqual([left, attemptsMade - 1]);
    },
  );

  it('waits by our strategy', () => {
    const job = jobOf({ opts: { backoff: { type: 'foreign' } } });
    useBackoff(job);
    expect(job.opts.backoff).toEqual({ type: 'jittered' });
  });
});
