import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatCall,
  formatFault,
  formatResult,
  maxMessageBytes,
  maxResponseBytes,
  readAnswer,
  readCall,
  wireFaults,
  type AnswerValue,
} from '../../../src/protocols/pingback/wire.ts';
import { hostileCalls, hostileResponses, lenientCalls } from '../../support/hostile-xml.ts';
import { heldBytes } from '../../support/heap.ts';
import { chance, isLong, seed } from '../../support/long.ts';
import { mutateBytes } from '../../support/mutate.ts';

// Spec: XML-RPC (1999/2003); Specification for Fault Code Interoperability, 20010516.

const mutations = isLong ? 400_000 : 200_000;
/** Answers are read by the same strict pass: of those, a share will do. */
const answerEvery = isLong ? 2 : 10;

/** Codes that the wire answers itself; the rest is said by whoever knows the methods. */
const wireCodes: ReadonlySet<number | string> = new Set(Object.values(wireFaults));

function toBytes(body: string | Uint8Array): Uint8Array {
  return typeof body === 'string' ? Buffer.from(body) : body;
}

function codeOf(body: string | Uint8Array, contentType = 'text/xml'): number | undefined {
  const call = readCall(toBytes(body), contentType);
  return 'malformed' in call ? wireFaults[call.malformed] : undefined;
}

describe('reading a call', () => {
  it.each(hostileCalls.filter(({ expect: code }) => wireCodes.has(code)))(
    'answers $expect to $name',
    ({ body, contentType, expect: code }) => {
      expect(codeOf(body, contentType)).toBe(code);
    },
  );

  it.each(hostileCalls.filter(({ expect: code }) => !wireCodes.has(code)))(
    'reads $name and leaves the judgement to the methods',
    ({ body, contentType }) => {
      expect(codeOf(body, contentType)).toBeUndefined();
    },
  );

  it.each(hostileCalls.filter(({ expect: code }) => code === 'ping'))(
    'gives source and target of $name as they are',
    ({ body, contentType = '', source, target }) => {
      expect(readCall(toBytes(body), contentType)).toEqual({
        method: 'pingback.ping',
        params: [source, target],
      });
    },
  );

  it.each(lenientCalls)('reads $name', ({ body, contentType = 'text/xml', source, target }) => {
    expect(readCall(toBytes(body), contentType)).toEqual({
      method: 'pingback.ping',
      params: [source, target],
    });
  });

  it('takes less than 50 ms for the worst of them', () => {
    for (const { body } of hostileCalls) readCall(toBytes(body), '');
    const slowest = Math.max(
      ...hostileCalls.map(({ body }) => fastestOf(3, () => readCall(toBytes(body), ''))),
    );
    expect(slowest).toBeLessThan(50);
  });
});

function fastestOf(times: number, act: () => unknown): number {
  const once = (): number => {
    const began = performance.now();
    act();
    return performance.now() - began;
  };
  return Math.min(...Array.from({ length: times }, once));
}

describe('reading an answer to our own call', () => {
  it.each(hostileResponses)('takes $name for a failure, and throws nothing', ({ body }) => {
    expect(isSuccess(body)).toBe(false);
  });

  it('reads one string', () => {
    expect(readAnswer(Buffer.from(formatResult('Thank you')), '')).toEqual({ value: 'Thank you' });
  });

  it('reads a fault with its code and its text', () => {
    const fault = { code: 48, text: 'Registered already <&> "here"' };
    expect(readAnswer(Buffer.from(formatFault(fault.code, fault.text)), '')).toEqual({ fault });
  });

  it('reads a fault whose code is an i4, and a text without a type', () => {
    const xml = formatFault(17, 'No link')
      .replaceAll('int>', 'i4>')
      .replace('<string>', '')
      .replace('</string>', '');
    expect(readAnswer(Buffer.from(xml), '')).toEqual({ fault: { code: 17, text: 'No link' } });
  });

  it('reads 64 KiB and no more', () => {
    const most = 'x'.repeat(maxResponseBytes - formatResult('').length - '<string></string>'.length);
    expect(isSuccess(formatResult(most))).toBe(true);
    expect(isSuccess(formatResult('x'.repeat(maxResponseBytes)))).toBe(false);
  });
});

function isSuccess(body: string | Uint8Array): boolean {
  return 'value' in readAnswer(toBytes(body), 'text/xml');
}

describe(`${mutations.toLocaleString('en')} damaged messages, seed ${seed}`, () => {
  const seeds = [...hostileCalls, ...lenientCalls, ...hostileResponses]
    .map(({ body }) => toBytes(body))
    .filter((body) => body.length <= maxMessageBytes);
  const shapes = new Set<string>();

  function readOne(body: Uint8Array, alsoAsAnswer: boolean): void {
    const call = readCall(body, '');
    shapes.add('malformed' in call ? call.malformed : 'call');
    if (!('malformed' in call) && (call.method.trim() === '' || !Array.isArray(call.params)))
      throw new Error('a call without a method or parameters');
    if (!alsoAsAnswer) return;
    const answer = readAnswer(body, '');
    if ('fault' in answer && !(Number.isInteger(answer.fault.code) && typeof answer.fault.text === 'string'))
      throw new Error('a fault without code or text');
  }

  it('never make the reader throw, reach the prototypes of others, or leave anything behind', async () => {
    const prototypes = [Object.prototype, Array.prototype, String.prototype, Error.prototype];
    const before = prototypes.map((each) => Object.getOwnPropertyNames(each).sort());
    const random = chance();
    for (let n = 0; n < 1000; n += 1) readOne(mutateBytes(seeds, random), true);
    const held = await heldBytes();
    for (let n = 0; n < mutations; n += 1) {
      const body = mutateBytes(seeds, random);
      try {
        readOne(body, n % answerEvery === 0);
      } catch (error) {
        throw new Error(Buffer.from(body).toString('base64'), { cause: error });
      }
    }
    expect((await heldBytes()) - held).toBeLessThan(4_000_000);
    expect(prototypes.map((each) => Object.getOwnPropertyNames(each).sort())).toEqual(before);
    expect({}).not.toHaveProperty('isAdmin');
    // The damage is not so great that only one thing is ever tried.
    expect(shapes).toEqual(new Set(['call', ...Object.keys(wireFaults)]));
  }, 600_000);
});

/** What XML 1.0 can say: everything but most controls, two noncharacters, and halves of characters. */
function sayable(text: string): string {
  // eslint-disable-next-line no-control-regex -- controls are what is left out
  return text.toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/gu, '');
}

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc
    .array(
      fc.constantFrom(
        '&',
        '<',
        '>',
        ']]>',
        '<![CDATA[',
        '"',
        "'",
        '\r',
        '\r\n',
        '\n',
        '\t',
        ' ',
        '\0',
        '\x1b',
        '\ud800',
        '\udc00',
        '\u0085',
        '\u2028',
        '\ufeff',
        '\uffff',
        '😀',
        '👨‍👩‍👧‍👦',
        '&amp;',
        '&#x110000;',
        '{{x}}',
        '$&',
        '$1',
        'é',
      ),
    )
    .map((parts) => parts.join('')),
);

describe('formatting', () => {
  const runs = { numRuns: isLong ? 20_000 : 2000, seed: 7 };

  it('writes calls that it reads again, whatever the strings hold', () => {
    fc.assert(
      fc.property(anyText, anyText, (source, target) => {
        expect(readCall(Buffer.from(formatCall('pingback.ping', [source, target])), '')).toEqual({
          method: 'pingback.ping',
          params: [sayable(source), sayable(target)],
        });
      }),
      runs,
    );
  });

  it('writes results and faults that it reads again, whatever the strings hold', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), (text, code) => {
        const said = sayable(text);
        expect(readAnswer(Buffer.from(formatResult(text)), '')).toEqual({ value: said });
        expect(readAnswer(Buffer.from(formatFault(code, text)), '')).toEqual({ fault: { code, text: said } });
      }),
      runs,
    );
  });

  it.each<[string, AnswerValue]>([
    ['a list', ['https://a.example/?x=1&y=2', 'https://b.example/']],
    ['an empty list', []],
    ['a struct of structs', { xmlrpc: { specUrl: 'http://www.xmlrpc.com/spec', specVersion: 1 } }],
    ['an empty string', ''],
    ['blanks', '  \n '],
  ])('writes %s that it reads again', (_name, value) => {
    expect(readAnswer(Buffer.from(formatResult(value)), '')).toEqual({ value });
  });

  it('says its encoding, and writes strings as escaped text rather than as CDATA', () => {
    expect(formatResult('<a> & b')).toMatch(
      /^<\?xml version="1\.0" encoding="UTF-8"\?>.*<string>&lt;a&gt; &amp; b<\/string>/su,
    );
    expect(formatCall('pingback.ping', ['https://a.example/?x=1&y=2'])).toContain(
      '<string>https://a.example/?x=1&amp;y=2</string>',
    );
  });
});
