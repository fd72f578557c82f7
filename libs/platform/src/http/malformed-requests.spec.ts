import { requestIdOf } from './malformed-requests.js';

const idOf = (id?: string) => requestIdOf({ headers: { 'x-request-id': id } });

describe('the id of a request', () => {
  it.each(['7', 'a'.repeat(128), '01HF7Y:trace/42+x=@me_.-'])(
    'is the one that its client gave it: %s',
    (id) => {
      expect(idOf(id)).toBe(id);
    },
  );

  it.each([undefined, '', 'a'.repeat(129), 'two words', 'line\nbreak', '{"json":1}', 'ünï'])(
    'is made where its client gave none that is sane: %j',
    (id) => {
      expect(idOf(id)).toMatch(/^[0-9a-f-]{36}$/);
      expect(idOf(id)).not.toBe(idOf(id));
    },
  );
});
