import * as fc from 'fast-check';
import { type FundingFacts, isFundingOver, isSettled, nextStep, salesAt, type ShowState } from './outcome.js';

const graceMs = 900;
const at = (ms: number) => new Date(ms);

/** What can happen to a funding goal, or be tried; `look` is whatever has the table asked, of any worker, at any time. */
type Happening =
  | { kind: 'wait'; ms: number }
  | { kind: 'endShow'; delivered: boolean }
  | { kind: 'look' | 'pay' | 'void' | 'cancel' | 'endSession' | 'accept' | 'bind' | 'failShow' };

/** A funding goal as its stores would keep it: every change is refused where their compare-and-set refuses it. */
class Model {
  now = 0;
  settlements: { outcome: string; void_reason: string | null; show: ShowState }[] = [];
  private tickets = 0;

  constructor(private readonly facts: FundingFacts) {}

  get isOver(): boolean {
    return isSettled(this.facts.outcome);
  }

  happen(happening: Happening): void {
    const { facts } = this;
    const takesShow = !this.isOver && !facts.isCancelled && !facts.sessionEnded && facts.show === 'none';
    switch (happening.kind) {
      case 'wait':
        this.now += happening.ms;
        return;
      case 'look':
        return this.look();
      case 'pay':
      case 'void':
        if (this.sales() === 'counting')
          this.tickets = Math.max(0, this.tickets + (happening.kind === 'pay' ? 1 : -1));
        facts.isReached = this.tickets >= 2;
        return;
      case 'cancel':
        if (!this.isOver && facts.show === 'none') facts.isCancelled = true;
        return;
      case 'endSession':
        facts.sessionEnded = true;
        // A show ends with its session, once it is there.
        if (facts.show === 'on') facts.show = 'not_delivered';
        return;
      case 'accept':
        if (takesShow) facts.show = 'accepted';
        return;
      case 'bind':
        if (facts.show === 'accepted') facts.show = facts.sessionEnded ? 'not_delivered' : 'on';
        return;
      case 'failShow':
        if (facts.show === 'accepted') facts.show = 'none';
        return;
      case 'endShow':
        if (facts.show === 'on') facts.show = happening.delivered ? 'delivered' : 'not_delivered';
    }
  }

  /** Takes steps until none is due, as every worker does. */
  look(): void {
    const { facts } = this;
    for (let steps = 0; ; steps++) {
      expect(steps).toBeLessThan(5);
      const next = nextStep(facts, at(this.now));
      if (!next) return;
      if (next.step === 'settle') {
        this.settlements.push({ ...next, show: facts.show });
        facts.outcome = next.outcome;
      } else if (next.step === 'end-countdown') {
        expect(facts.outcome).toBe('open');
        facts.outcome = next.outcome;
        const end = facts.exp ? Math.min(this.now, facts.exp.getTime()) : this.now;
        facts.settleBy = at(end + graceMs);
      } else {
        expect(facts).toMatchObject({ outcome: 'funded', show: 'none', sessionEnded: false });
        facts.show = 'accepted';
      }
    }
  }

  sales() {
    const { outcome, isReached, exp, show } = this.facts;
    const hasShow = !['none', 'accepted'].includes(show);
    return salesAt({ outcome, isReached, exp, salesUntil: 'show_end', hasShow }, at(this.now));
  }
}

const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 700 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('endShow' as const), delivered: fc.boolean() }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'look' as const,
        'look' as const,
        'pay' as const,
        'pay' as const,
        'void' as const,
        'cancel' as const,
        'endSession' as const,
        'accept' as const,
        'bind' as const,
        'failShow' as const,
      ),
    }),
  },
);

const start = (startsItself: boolean): FundingFacts => ({
  outcome: 'open',
  isReached: false,
  exp: at(1_000),
  settleBy: null,
  isCancelled: false,
  sessionEnded: false,
  show: 'none',
  startsItself,
});

describe('the table of outcomes', () => {
  it('decides about the money once, for good, in whatever order things happen and whoever looks when', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(happening, { maxLength: 60 }), (startsItself, happenings) => {
        const model = new Model(start(startsItself));
        for (const one of happenings) {
          const before = model.settlements.length;
          model.happen(one);
          if (one.kind !== 'look') expect(model.settlements).toHaveLength(before);
          if (model.isOver) expect(model.sales()).toBe('closed');
        }
        // Whatever goes on comes to an end, and is looked at then.
        for (const kind of ['bind', 'endSession', 'look', 'bind', 'look'] as const) model.happen({ kind });
        expect(model.settlements).toHaveLength(1);
        const [{ outcome, void_reason, show }] = model.settlements as [(typeof model.settlements)[0]];
        expect(outcome === 'delivered').toBe(show === 'delivered');
        expect(void_reason === 'not_delivered').toBe(show === 'not_delivered');
        expect(void_reason === null).toBe(outcome === 'delivered');
        for (let again = 0; again < 3; again++) model.happen({ kind: 'look' });
        expect(model.settlements).toHaveLength(1);
      }),
      { numRuns: 500 },
    );
  });

  it('never gives tickets back as not_started or underfunded while a show is accepted or on', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<ShowState>('accepted', 'on'),
        fc.boolean(),
        fc.nat(10_000),
        (show, ended, now) => {
          for (const outcome of ['open', 'funded', 'underfunded'] as const) {
            const facts = { ...start(true), outcome, show, sessionEnded: ended, settleBy: at(1) };
            expect(nextStep(facts, at(now))?.step).not.toBe('settle');
          }
        },
      ),
    );
  });

  it('starts a show by itself only if the goal is funded, has none and its time is not over', () => {
    const facts = { ...start(true), outcome: 'funded' as const, settleBy: at(1_900) };
    expect(nextStep(facts, at(1_000))).toEqual({ step: 'start-show' });
    expect(nextStep({ ...facts, outcome: 'underfunded' }, at(1_000))).toBeUndefined();
    expect(nextStep({ ...facts, startsItself: false }, at(1_000))).toBeUndefined();
    expect(nextStep({ ...facts, show: 'accepted' }, at(1_000))).toBeUndefined();
    expect(nextStep(facts, at(1_900))).toMatchObject({ step: 'settle', void_reason: 'not_started' });
  });

  it('says that a settled or cancelled goal waits for no show', () => {
    expect(isFundingOver({})).toBe(false);
    expect(isFundingOver({ outcome: 'underfunded', status: 'expired' })).toBe(false);
    expect(isFundingOver({ outcome: 'void' })).toBe(true);
    expect(isFundingOver({ status: 'cancelled' })).toBe(true);
  });
});
