import { readFileSync } from 'node:fs';

interface Answer {
  content?: Record<string, { examples?: object }>;
}
interface OpenApi {
  paths: Record<string, Record<string, { responses: Record<string, Answer> }>>;
}

const page = readFileSync('docs/api.md', 'utf8');
const { paths } = JSON.parse(readFileSync('openapi.json', 'utf8')) as OpenApi;

/** The rows below a heading, as cells. */
function rowsBelow(heading: string): string[][] {
  const [, section = ''] = page.split(`\n${heading}\n`);
  const [text = ''] = section.split(/\n#/);
  return [...text.matchAll(/^\|(.*)\|$/gm)].slice(2).map(([, row = '']) => row.split('|'));
}

const quoted = (cell = '') => [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text);

/** The codes that every endpoint may answer with; the table of endpoints may leave them out. */
const usual = new Set(rowsBelow('### Errors').flatMap(([, code]) => quoted(code)));
const ownOf = (codes: string[]) => codes.filter((code) => !usual.has(code)).toSorted();

/** Each operation with its own codes, by the table. */
const documented = Object.fromEntries(
  rowsBelow('### Endpoints').flatMap(([call, , , errors]) => {
    const [first = '', ...others] = quoted(call);
    const [method = '', path = ''] = first.includes(' ') ? first.split(' ') : ['GET', first];
    return [path, ...others].map((one) => [`${method} ${one.replace(/\?.*/, '')}`, ownOf(quoted(errors))]);
  }),
) as Record<string, string[]>;

/** Each operation with its own codes, by the OpenAPI document, which names an example by its code. */
const declared = Object.entries(paths).flatMap(([path, operations]) =>
  Object.entries(operations).map(([method, { responses }]) => {
    const problems = Object.entries(responses).filter(([status]) => status >= '400');
    const codes = problems
      .flatMap(([, { content }]) => Object.values(content ?? {}))
      .flatMap(({ examples }) => Object.keys(examples ?? {}));
    return [`${method.toUpperCase()} ${path}`, ownOf(codes)] as const;
  }),
);

describe('the table of endpoints in docs/api.md', () => {
  it.each(declared)('has %s with its own errors', (operation, codes) => {
    expect(documented[operation]).toEqual(codes);
  });
});
