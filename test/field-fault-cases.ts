type Body = Record<string, unknown> & { context: Record<string, string> };

/** A body that is refused for its fields, made from one that would be accepted. */
export interface FieldFaultCase {
  name: string;
  body: (valid: Body) => unknown;
  /** Where the faults are, in any order. */
  pointers: string[];
  detail?: RegExp;
  /** Default: show. */
  goalType?: 'show_funding';
}

const levels = (...values: unknown[]) => ({ levels: values });
const target = (value: unknown) => levels({ target: value });
const title = (value: unknown) => levels({ title: value, target: 1 });
const inHours = (hours: number) => Math.floor(Date.now() / 1000) + hours * 3600;

/** Bodies in which some fields of a valid one are others. */
const changed: [name: string, change: Record<string, unknown>, pointers: string[], detail?: RegExp][] = [
  ['levels missing', { levels: undefined }, ['/levels'], /must be an array/],
  ['levels null', { levels: null }, ['/levels']],
  ['levels an object', { levels: { target: 1 } }, ['/levels']],
  ['no level', levels(), ['/levels']],
  [
    '21 levels',
    levels(...Array.from({ length: 21 }, (_, index) => ({ target: index + 1 }))),
    ['/levels'],
    /20/,
  ],
  ['a level null', levels(null), ['/levels/0'], /must be an object/],
  ['a level a number', levels(600), ['/levels/0'], /must be an object/],
  ['a level a list', levels([{ target: 1 }]), ['/levels/0'], /must not be a list/],
  ['targets that fall', levels({ target: 2 }, { target: 1 }), ['/levels/1/target'], /more than .* 2/],
  ['targets that stay', levels({ target: 2 }, { target: 2 }), ['/levels/1/target']],
  ['a target missing', levels({ title: 'first song' }), ['/levels/0/target']],
  ['a target with a fraction', target(1.5), ['/levels/0/target'], /must be an integer/],
  ['a target of 0', target(0), ['/levels/0/target']],
  ['a target over 1e12', target(1e12 + 1), ['/levels/0/target']],
  ['a unit that there is not', { unit: 'minutes' }, ['/unit'], /seconds, coins/],
  ['a unit null', { unit: null }, ['/unit']],
  ['a target in quotes', target('600'), ['/levels/0/target'], /must be an integer/],
  ['a title empty', title(''), ['/levels/0/title']],
  ['a title of 61 characters', title('x'.repeat(61)), ['/levels/0/title']],
  ['a title null', title(null), ['/levels/0/title'], /must be a string/],
  ['a title a number', title(7), ['/levels/0/title']],
  ['an unknown property', { prize: 1 }, ['/prize'], /not a known property/],
  ['an unknown property of a level', levels({ target: 1, prize: 1 }), ['/levels/0/prize']],
  ['an unknown property to escape', { 'a/b~c': 1 }, ['/a~1b~0c']],
  ['a property that every object has', { hasOwnProperty: 1 }, ['/hasOwnProperty'], /not a known property/],
  ['the property constructor', { constructor: 1 }, ['/constructor'], /not a known property/],
  ['nbf in milliseconds', { nbf: Date.now() }, ['/nbf'], /milliseconds/],
  ['exp in milliseconds', { exp: Date.now() + 3_600_000 }, ['/exp'], /milliseconds/],
  ['nbf without a zone', { nbf: '2030-01-01T00:00:00' }, ['/nbf'], /zone/],
  ['nbf a day alone', { nbf: '2030-01-01' }, ['/nbf']],
  ['nbf on 30 February', { nbf: '2030-02-30T00:00:00Z' }, ['/nbf']],
  ['nbf before 1970', { nbf: -1 }, ['/nbf'], /1970/],
  ['nbf null', { nbf: null }, ['/nbf']],
  ['nbf a list', { nbf: [1] }, ['/nbf']],
  ['nbf a number in quotes', { nbf: String(inHours(1)) }, ['/nbf']],
  ['exp before nbf', { nbf: inHours(2), exp: inHours(1) }, ['/exp'], /later than nbf/],
  ['exp equal to nbf', { nbf: inHours(2), exp: inHours(2) }, ['/exp'], /later than nbf/],
  ['exp in the past', { nbf: inHours(-2), exp: inHours(-1) }, ['/exp'], /future/],
  ['exp null', { exp: null }, ['/exp']],
  ['context missing', { context: undefined }, ['/context']],
  ['context null', { context: null }, ['/context']],
  ['context a list', { context: [] }, ['/context'], /must be an object/],
  ['context a text', { context: 'session' }, ['/context'], /must be an object/],
  [
    'context empty',
    { context: {} },
    ['/context/session_id', '/context/funding_goal_id'],
    /must be an id of 24 hex digits/,
  ],
  [
    'several faults at once',
    { levels: [{ title: '', target: 0, prize: 1 }], context: { session_id: 'A' }, nbf: 1e12, exp: 'soon' },
    [
      '/levels/0/title',
      '/levels/0/target',
      '/levels/0/prize',
      '/context/session_id',
      '/context/funding_goal_id',
      '/nbf',
      '/exp',
    ],
  ],
];

/** Bodies that are no object that could be read, so that no field can be named. */
const whole: [name: string, body: unknown][] = [
  ['a list', []],
  ['a text', '"show"'],
  ['null', 'null'],
  ['a number', 7],
  ['missing', undefined],
  ['nested without end', `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`],
];

const notIds: [name: string, id: unknown][] = [
  ['in upper case', 'ABCDEF0123456789ABCDEF01'],
  ['of 23 digits', '0'.repeat(23)],
  ['of 25 digits', '0'.repeat(25)],
  ['with a line end', `${'0'.repeat(24)}\n`],
  ['an operator', { $gt: '' }],
  ['in a list', ['0'.repeat(24)]],
  ['a number', 7],
  ['null', null],
];

const contextCase = (name: string, key: string, value: unknown): FieldFaultCase => ({
  name,
  body: (valid) => ({ ...valid, context: { ...valid.context, [key]: value } }),
  pointers: [`/context/${key}`],
});

/** Every fault that the fields of a body can have. */
export const fieldFaultCases: FieldFaultCase[] = [
  ...changed.map(([name, change, pointers, detail]) => ({
    name,
    body: (valid: Body) => ({ ...valid, ...change }),
    pointers,
    detail,
  })),
  ...whole.map(([name, body]) => ({ name: `a body ${name}`, body: () => body, pointers: [''] })),
  ...notIds.flatMap(([name, id]) => [
    contextCase(`session_id ${name}`, 'session_id', id),
    contextCase(`funding_goal_id ${name}`, 'funding_goal_id', id),
  ]),
  contextCase('an unknown property of context', 'prize', 1),
  contextCase('a property of context that every object has', 'toString', 1),
  {
    name: 'exp missing',
    goalType: 'show_funding',
    body: (valid) => ({ ...valid, exp: undefined }),
    pointers: ['/exp'],
    detail: /required/,
  },
  {
    name: 'a funding_goal_id',
    goalType: 'show_funding',
    body: (valid) => ({ ...valid, context: { ...valid.context, funding_goal_id: '0'.repeat(24) } }),
    pointers: ['/context/funding_goal_id'],
  },
];
