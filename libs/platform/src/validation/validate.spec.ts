import { Type } from 'class-transformer';
import { IsArray, IsInt, IsObject, IsString, Length, Max, Min, ValidateNested } from 'class-validator';
import { IfPresent, IsId } from './fields.js';
import { readAs } from './validate.js';

class Song {
  @IfPresent()
  @IsString()
  @Length(1, 5)
  title?: string;

  @IsInt()
  @Min(1)
  @Max(10)
  minutes: number;
}

class Concert {
  @IsId()
  hall_id: string;

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => Song)
  songs: Song[];

  @IfPresent()
  @IsObject()
  @ValidateNested()
  @Type(() => Song)
  encore?: Song;
}

const valid = { hall_id: '0123456789abcdef01234567', songs: [{ title: 'one', minutes: 3 }] };
const faultsOf = (value: unknown) => readAs(Concert, value).faults;
const nested = (depth: number): object => (depth === 0 ? {} : { a: nested(depth - 1) });

describe('readAs', () => {
  it('reads a value that holds as an instance of its classes', () => {
    const { value, faults } = readAs(Concert, valid);
    expect(faults).toEqual([]);
    expect(value).toBeInstanceOf(Concert);
    expect(value.songs[0]).toBeInstanceOf(Song);
    expect(JSON.parse(JSON.stringify(value))).toEqual(valid);
  });

  it.each([
    ['absent', undefined],
    ['null', null],
    ['a list', []],
    ['a text', '{}'],
    ['a number', 7],
  ])('refuses a value that is %s', (_, value) => {
    expect(faultsOf(value)).toEqual([{ pointer: '', detail: 'must be a JSON object' }]);
  });

  it.each<[name: string, change: object, pointer: string, detail: string]>([
    ['an unknown property', { x: 1 }, '/x', 'is not a known property'],
    ['an unknown one to escape', { 'a/b~c': 1 }, '/a~1b~0c', 'is not a known property'],
    ['an unknown one within', { songs: [{ minutes: 1, x: 1 }] }, '/songs/0/x', 'is not a known property'],
    ['constructor', { constructor: 1 }, '/constructor', 'is not a known property'],
    [
      'toString within',
      { songs: [{ minutes: 1, toString: 1 }] },
      '/songs/0/toString',
      'is not a known property',
    ],
    ['hasOwnProperty', { hasOwnProperty: 1 }, '/hasOwnProperty', 'is not a known property'],
    ['a list that is none', { songs: { minutes: 1 } }, '/songs', 'must be an array'],
    ['a list in a list', { songs: [[{ minutes: 1 }]] }, '/songs/0', 'must not be a list'],
    ['an empty list in a list', { songs: [[]] }, '/songs/0', 'must not be a list'],
    ['an item that is null', { songs: [null] }, '/songs/0', 'must be an object'],
    ['an item that is a number', { songs: [{ minutes: 1 }, 2] }, '/songs/1', 'must be an object'],
    ['an object that is a text', { encore: 'x' }, '/encore', 'must be an object'],
    ['an object that is a list', { encore: [] }, '/encore', 'must be an object'],
    ['an object that is null', { encore: null }, '/encore', 'must be an object'],
    [
      'a wrong type before its limits',
      { songs: [{ minutes: 'x' }] },
      '/songs/0/minutes',
      'must be an integer number',
    ],
    ['a limit', { songs: [{ minutes: 11 }] }, '/songs/0/minutes', 'must not be greater than 10'],
    [
      'null where only absence is free',
      { encore: { minutes: 1, title: null } },
      '/encore/title',
      'must be a string',
    ],
    ['an id in upper case', { hall_id: 'A'.repeat(24) }, '/hall_id', 'must be an id of 24 hex digits'],
    [
      'NUL in a text',
      { songs: [{ minutes: 1, title: 'a\0' }] },
      '/songs/0/title',
      'must hold no NUL and no half of a character',
    ],
    ['half of a character', { hall_id: '\ud83d' }, '/hall_id', 'must hold no NUL and no half of a character'],
    ['an operator for an id', { hall_id: { $gt: '' } }, '/hall_id', 'must be an id of 24 hex digits'],
  ])('names %s', (_, change, pointer, detail) => {
    expect(faultsOf({ ...valid, ...change })).toEqual([{ pointer, detail }]);
  });

  it('names all faults at once', () => {
    const faults = faultsOf({ songs: [{ minutes: 0 }, { title: '', minutes: 1 }], encore: { x: 1 }, y: 1 });
    expect(faults.map(({ pointer }) => pointer).toSorted()).toEqual([
      '/encore/minutes',
      '/encore/x',
      '/hall_id',
      '/songs/0/minutes',
      '/songs/1/title',
      '/y',
    ]);
  });

  it('refuses what is nested too deeply, without reading it', () => {
    const tooDeep = [{ pointer: '', detail: 'is nested too deeply' }];
    expect(faultsOf({ ...valid, encore: nested(100_000 / 20) })).toEqual(tooDeep);
    expect(faultsOf({ ...valid, x: nested(16) })).toEqual(tooDeep);
    expect(faultsOf({ ...valid, x: nested(14) })).toEqual([
      { pointer: '/x', detail: 'is not a known property' },
    ]);
  });
});
