import { encodeWithinLimit, payloadLimit } from './realtime.js';

const plain = (value: object) => JSON.stringify(value);
const emptySize = plain({ text: '' }).length;
const ofSize = (bytes: number) => ({ text: 'x'.repeat(bytes - emptySize) });

describe('encodeWithinLimit', () => {
  it('leaves a payload of up to 10 KB unchanged', () => {
    expect(payloadLimit).toBe(10_240);
    const payload = ofSize(10_240);
    expect(JSON.parse(encodeWithinLimit(payload, plain))).toEqual(payload);
  });

  it('truncates one byte more to its short plain fields, and marks it', () => {
    const payload = { ...ofSize(10_241), goal_id: 'g1', version: 7, active: false, levels: [1], none: null };
    expect(JSON.parse(encodeWithinLimit(payload, plain))).toEqual({
      goal_id: 'g1',
      version: 7,
      active: false,
      truncated: true,
    });
  });

  it('counts bytes, not characters', () => {
    expect(JSON.parse(encodeWithinLimit({ text: 'ü'.repeat(5000) }, plain))).toHaveProperty('text');
    expect(JSON.parse(encodeWithinLimit({ text: 'ü'.repeat(6000) }, plain))).toEqual({ truncated: true });
  });

  it('counts the encoded bytes', () => {
    const base64 = (value: object) => Buffer.from(plain(value)).toString('base64');
    const decoded = (text: string) => JSON.parse(Buffer.from(text, 'base64').toString()) as object;
    expect(decoded(encodeWithinLimit(ofSize(7000), base64))).toEqual(ofSize(7000));
    const cut = encodeWithinLimit({ ...ofSize(9000), goal_id: 'g1' }, base64);
    expect(decoded(cut)).toEqual({ goal_id: 'g1', truncated: true });
    expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(payloadLimit);
  });

  it('keeps texts of 100 characters and no longer ones', () => {
    const payload = { ...ofSize(20_000), kept: 'k'.repeat(100), cut: 'c'.repeat(101) };
    expect(JSON.parse(encodeWithinLimit(payload, plain))).toEqual({ kept: 'k'.repeat(100), truncated: true });
  });
});
