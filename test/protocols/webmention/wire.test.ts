import { describe, expect, it } from 'vitest';
import { readRequest, type WebmentionRequest } from '../../../src/protocols/webmention/wire.ts';
import { formBody, formType, type Fields } from '../../support/forms.ts';
import { mutateBytes, seededRandom } from '../../support/mutate.ts';

// Spec: Webmention 3.1.3 and 3.2.1; Vouch.

const source = 'https://source.example/a?b=c&d=e';
const target = 'https://blog.example/post#part';

function read(fields: Fields, contentType: string = formType): WebmentionRequest | undefined {
  return readRequest(Buffer.from(formBody(fields)), contentType);
}

const good: Fields = [
  ['source', source],
  ['target', target],
];

describe('reading a webmention', () => {
  it('reads a source and a target, escaped or not', () => {
    expect(read(good)).toEqual({ source, target });
    const bare = Buffer.from('source=https://source.example/a&target=https://blog.example/post#part');
    expect(readRequest(bare, formType)).toEqual({ source: 'https://source.example/a', target });
  });

  it('reads addresses in their sender’s own spelling', () => {
    const spelled = 'HTTPS://Source.example:443/caf%c3%a9/../é';
    expect(read([...good.slice(1), ['source', spelled]])).toEqual({ source: spelled, target });
  });

  it.each([
    formType,
    'Application/X-WWW-Form-URLEncoded',
    `${formType}; charset=utf-8`,
    `${formType};charset="UTF-8"`,
    `${formType} ; x=y`,
    `${formType};`,
  ])('takes the content type "%s"', (type) => {
    expect(read(good, type)).toEqual({ source, target });
  });

  it.each([
    '',
    'application/json',
    'text/plain',
    'multipart/form-data; boundary=x',
    `${formType}x`,
    `x-${formType}`,
  ])('takes no other content type, such as "%s"', (type) => {
    expect(read(good, type)).toBeUndefined();
  });

  it.each<[string, Fields]>([
    ['nothing', []],
    ['no source', [['target', target]]],
    ['no target', [['source', source]]],
    [
      'an empty source',
      [
        ['source', ''],
        ['target', target],
      ],
    ],
    [
      'a blank target',
      [
        ['source', source],
        ['target', ' \n'],
      ],
    ],
    ['two sources', [...good, ['source', 'https://other.example/']]],
    ['the same target twice', [...good, ['target', target]]],
    [
      'fields in other letters',
      [
        ['Source', source],
        ['Target', target],
      ],
    ],
    [
      'arrays',
      [
        ['source[]', source],
        ['target[]', target],
      ],
    ],
    ['a second source behind many fields', [...good, ...many(100), ['source', 'https://other.example/']]],
  ])('takes no form with %s', (_what, fields) => {
    expect(read(fields)).toBeUndefined();
  });

  it('trims what surrounds an address', () => {
    expect(
      read([
        ['source', ` ${source}\r\n`],
        ['target', `\t${target} `],
      ]),
    ).toEqual({ source, target });
  });

  it('ignores fields that it does not know', () => {
    expect(read([['action', 'create'], ...good, ['__proto__', 'x'], ['', 'y']])).toEqual({ source, target });
  });

  it('reads a vouch, and takes a doubtful one for none', () => {
    expect(read([...good, ['vouch', 'https://friend.example/']])).toEqual({
      source,
      target,
      vouch: 'https://friend.example/',
    });
    expect(read([...good, ['vouch', '']])).toEqual({ source, target });
    expect(read([...good, ['vouch', 'a'], ['vouch', 'b']])).toEqual({ source, target });
  });

  it('puts U+FFFD for bytes that are no UTF-8', () => {
    expect(
      read([
        ['source', Uint8Array.of(0x61, 0xe9)],
        ['target', target],
      ])?.source,
    ).toBe('a\ufffd');
  });
});

describe('readRequest against damage', () => {
  const rounds = process.env['LINKBACKD_LONG'] === '1' ? 500_000 : 10_000;

  it(`gives a request or nothing for each of ${rounds} damaged bodies`, () => {
    const random = seededRandom(21);
    const bodies = [
      formBody(good),
      formBody([...good, ['vouch', 'https://friend.example/'], ['x', 'é']]),
    ].map((each) => Buffer.from(each));
    const types = [formType, `${formType}; charset=shift_jis`, `${formType}; charset="`];
    const seen = { requests: 0, none: 0 };
    for (let round = 0; round < rounds; round += 1) {
      const request = readRequest(mutateBytes(bodies, random), types[round % types.length] ?? formType);
      if (request === undefined) seen.none += 1;
      else seen.requests += 1;
      if (request !== undefined && (request.source === '' || request.target === '')) {
        throw new Error('a request without both addresses');
      }
    }
    expect(seen.requests).toBeGreaterThan(rounds / 10);
    expect(seen.none).toBeGreaterThan(rounds / 10);
  });
});

function many(count: number): Fields {
  return Array.from({ length: count }, (_, at) => [`f${at}`, 'x'] as const);
}
