import { gzipSync } from 'node:zlib';

/** A body as bytes, and how every endpoint that takes one refuses it. */
export interface HostileBody {
  name: string;
  body: string | Buffer;
  status: number;
  code: string;
  headers?: Record<string, string>;
}

const nested = (depth: number, open: string, close: string, core = '1') =>
  open.repeat(depth) + core + close.repeat(depth);

const refused = (status: number, code: string, bodies: Record<string, string | Buffer>): HostileBody[] =>
  Object.entries(bodies).map(([name, body]) => ({ name, body, status, code }));

const ofType = (types: string[]): HostileBody[] =>
  types.map((type) => ({
    name: `the type ${JSON.stringify(type)}`,
    body: '{}',
    status: 415,
    code: 'unsupported_media_type',
    headers: { 'content-type': type },
  }));

/** Bodies that no client of good will sends. */
export const hostileBodies: HostileBody[] = [
  ...refused(400, 'malformed_request', {
    'a name twice': '{"levels":[],"levels":[]}',
    'a name twice, once in escapes': String.raw`{"x":1,"\u0078":2}`,
    'a name twice within': '{"a":[{"b":{"c":1,"d":{},"c":2}}]}',
    'bytes that are no UTF-8': Buffer.from('{"title":"\xff\xfe"}', 'latin1'),
    'half a character': Buffer.from('{"title":"é"}').subarray(0, 11),
    'a character in too many bytes': Buffer.from('{"title":"\xc0\x80"}', 'latin1'),
    'UTF-16': Buffer.from('{"a":1}', 'utf16le'),
    'a compressed body': gzipSync('{}'),
    'a prototype': '{"__proto__":{"roles":["admin"]}}',
    'a prototype in escapes': String.raw`{"\u005f_proto__":{"roles":["admin"]}}`,
    'a prototype within': '{"context":{"__proto__":{"session_id":"x"}}}',
    'a constructor with a prototype': '{"constructor":{"prototype":{"admin":true}}}',
    NaN: '{"exp":NaN}',
    Infinity: '{"exp":-Infinity}',
    'a hexadecimal number': '{"exp":0x10}',
    'a number with zeros before it': '{"exp":007}',
    'a NUL in a text': '{"title":"\0"}',
    'a line end in a text': '{"title":"\n"}',
    'a comment': '{/**/}',
    'a comma too many': '{"a":1,}',
    'single quotes': "{'a':1}",
    'two values': '{}{}',
    nothing: '',
    spaces: '   ',
    'open brackets': '['.repeat(30_000),
  }),
  ...refused(422, 'validation_failed', {
    'a list': '[]',
    null: 'null',
    'a number': '7',
    'a text': '"{}"',
    'lists nested deeply': nested(30_000, '[', ']'),
    'objects nested deeply': nested(10_000, '{"a":', '}'),
    'a property nested deeply': `{"levels":${nested(4000, '[{"title":', '}]')}}`,
    'a huge number': '{"amount":1e400,"exp":1e400}',
    'a number of 10,000 digits': `{"amount":${'9'.repeat(10_000)}}`,
    'an operator for everything': '{"$where":"sleep(5000)","$gt":""}',
    'ten thousand names': `{${Array.from({ length: 5000 }, (_, index) => `"k${index}":0`).join()}}`,
  }),
  ...refused(413, 'payload_too_large', {
    'a byte over 64 KiB': `{"a":"${'x'.repeat(64 * 1024 - 7)}"}`,
    'a megabyte': `{"a":"${'x'.repeat(1_000_000)}"}`,
  }),
  ...ofType([
    'text/plain',
    'text/html',
    'application/xml',
    'multipart/form-data; boundary=x',
    'application/octet-stream',
    'application/json5',
    'application/jsonx, application/json',
    'nonsense',
    `application/${'x'.repeat(1000)}`,
  ]),
];
