/**
 * XML-RPC bodies that attack, puzzle or merely surprise a receiver of pingbacks, and what each must get.
 *
 * What is wrong in several ways gets the first of: encoding, bytes, well-formedness and limits, grammar, method,
 * parameters. "X" and a number in a name is the defect of the xmlrpc package that the body would meet unguarded.
 */

export type HostileCall = {
  readonly name: string;
  readonly body: string | Uint8Array;
  readonly contentType?: string;
  /** A fault code; `ok` for a system call that succeeds; `ping` for one with `source` and `target`. */
  readonly expect: number | 'ok' | 'ping';
  readonly source?: string;
  readonly target?: string;
};

/** A call in an unusual but acceptable form. */
export type LenientCall = {
  readonly name: string;
  readonly body: string | Uint8Array;
  readonly contentType?: string;
  readonly source: string;
  readonly target: string;
};

/** What the calls name as source and target, unless they say otherwise. */
export const callSource = 'https://source.example/post';
export const callTarget = 'https://blog.example/hello';

/** Limits that the calls at the edge are measured to. */
export const maxCallBytes = 16 * 1024;
export const maxCallDepth = 16;
export const maxCallElements = 64;

const notWellFormed = -32700;
const unsupportedEncoding = -32701;
const invalidBytes = -32702;
const notACall = -32600;
const unknownMethod = -32601;
const wrongParams = -32602;

const declaration = '<?xml version="1.0"?>';
const value = (inner: string): string => `<value>${inner}</value>`;
const string = (text: string): string => value(`<string>${text}</string>`);
const param = (inner: string): string => `<param>${inner}</param>`;
const params = (...values: string[]): string => `<params>${values.map(param).join('')}</params>`;
const methodName = (name: string): string => `<methodName>${name}</methodName>`;
const methodCall = (inner: string): string => `${declaration}<methodCall>${inner}</methodCall>`;
const call = (name: string, ...values: string[]): string => methodCall(methodName(name) + params(...values));

const source = string(callSource);
const target = string(callTarget);
const ping = call('pingback.ping', source, target);
/** A ping with something odd where its source should be. */
const pingFrom = (first: string): string => call('pingback.ping', first, target);
/** A ping with something between its elements. */
const pingWith = (extra: string): string =>
  methodCall(`${methodName('pingback.ping')}${extra}${params(source, target)}`);

const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const utf16le = (text: string): Buffer => Buffer.from(text, 'utf16le');
const utf16be = (text: string): Buffer => utf16le(text).swap16();
const bytes = (...parts: (string | Uint8Array | number[])[]): Uint8Array =>
  Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(Uint8Array.from(part)))),
  );
const utf8Mark = [0xef, 0xbb, 0xbf];
const littleMark = [0xff, 0xfe];
const bigMark = [0xfe, 0xff];

const declared = (encoding: string, body = ping): string =>
  body.replace(declaration, `<?xml version="1.0" encoding="${encoding}"?>`);

/** Arrays in arrays, in a call; the innermost element stands at `depth`, where `methodCall` is 1. */
function nestedTo(depth: number): string {
  const rounds = Math.floor((depth - 4) / 3);
  const innermost = depth === 4 + rounds * 3 ? value('x') : string('x');
  return `${'<value><array><data>'.repeat(rounds)}${innermost}${'</data></array></value>'.repeat(rounds)}`;
}

/** A call of exactly so many elements: every two more are one more parameter. */
function elementsTo(count: number): string {
  const spare = count - 3;
  const last = spare % 2 === 1 ? string('x') : value('x');
  return call('pingback.ping', ...Array<string>(Math.floor(spare / 2) - 1).fill(value('x')), last);
}

/** A good ping made exactly so long by a comment. */
const paddedTo = (length: number): string =>
  pingWith(`<!--${'x'.repeat(length - pingWith('<!---->').length)}-->`);

type Rows = Readonly<Record<string, string | Uint8Array>>;

const rows = (expect: number | 'ok', bodies: Rows): HostileCall[] =>
  Object.entries(bodies).map(([name, body]) => ({ name, body, expect }));

const notXml = rows(notWellFormed, {
  'an empty body': '',
  'blanks only': ' \r\n\t ',
  'a byte order mark only': bytes(utf8Mark),
  'plain text': 'Hello, is this the pingback server?',
  JSON: '{"method":"pingback.ping","params":[]}',
  'a form': `source=${encodeURIComponent(callSource)}&target=${encodeURIComponent(callTarget)}`,
  'an HTML page': '<!DOCTYPE html><title>Hello</title><p>Hello',
  'a call cut off in a tag': ping.slice(0, -5),
  'a call cut off before its end tag': ping.slice(0, -'</methodCall>'.length),
  'a call cut off after the declaration': declaration,
  'an end tag that does not match (X9)': pingFrom(value(`<string>${callSource}</int>`)),
  'elements that overlap': pingWith('<value><string></value></string>'),
  'two calls in one body (X9)': ping + ping.replace(declaration, ''),
  'garbage before the call (X9)': `garbage${ping}`,
  'garbage after the call (X9)': `${ping}garbage`,
  'two XML declarations': declaration + ping,
  'an XML declaration inside the call': pingWith(declaration),
  'an XML declaration after the call': ping + declaration,
  'an XML declaration that does not end': ping.replace('?>', '>'),
  'a processing instruction': pingWith('<?php system("id") ?>'),
  'a style sheet instruction': ping.replace(declaration, `${declaration}<?xml-stylesheet href="x.xsl"?>`),
  'an attribute': ping.replace('<methodCall>', '<methodCall version="1">'),
  'an attribute on a value': ping.replace('<value>', '<value type="string">'),
  'an attribute without a value': ping.replace('<param>', '<param x>'),
  'an attribute without quotes': ping.replace('<param>', '<param x=1>'),
  'the same attribute twice': ping.replace('<param>', '<param x="1" x="2">'),
  'a namespace': ping.replace('<methodCall>', '<methodCall xmlns="http://www.w3.org/1999/xhtml">'),
  'a SOAP envelope': `${declaration}<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body/></s:Envelope>`,
  'a blank before a tag name': ping.replace('<params>', '< params>'),
  'a tag name that begins with a digit': pingWith('<1a/>'),
  'a less-than sign in a value': pingFrom(string('a<b')),
  'the end of CDATA in a value': pingFrom(string('a]]>b')),
  'CDATA that does not end': pingFrom('<value><![CDATA[x</value>'),
  'CDATA outside of the call': `<![CDATA[x]]>${ping.replace(declaration, '')}`,
  'a comment that does not end': pingWith('<!-- x'),
  'a comment with two dashes in it': pingWith('<!-- -- -->'),
});

const doctypes = rows(notWellFormed, {
  'a bare DOCTYPE': ping.replace('<methodCall>', '<!DOCTYPE methodCall><methodCall>'),
  'a DOCTYPE with a file': ping.replace(
    '<methodCall>',
    '<!DOCTYPE methodCall SYSTEM "file:///etc/passwd"><methodCall>',
  ),
  'a DOCTYPE with an address': ping.replace(
    '<methodCall>',
    '<!DOCTYPE methodCall PUBLIC "-//x//y" "http://127.0.0.1/x.dtd"><methodCall>',
  ),
  'a DOCTYPE behind a comment': `${declaration}<!-- x --><!DOCTYPE methodCall>${ping.replace(declaration, '')}`,
  'a DOCTYPE inside the call': pingWith('<!DOCTYPE methodCall>'),
  'a DOCTYPE after the call': `${ping}<!DOCTYPE methodCall>`,
  'a DOCTYPE in small letters': ping.replace('<methodCall>', '<!doctype methodCall><methodCall>'),
  'a DOCTYPE without a declaration before it': `<!DOCTYPE methodCall>${ping.replace(declaration, '')}`,
  'a billion laughs': `${declaration}<!DOCTYPE m [<!ENTITY a "lol">${Array.from(
    { length: 9 },
    (_, n) => `<!ENTITY ${'bcdefghij'.charAt(n)} "${`&${'abcdefghi'.charAt(n)};`.repeat(10)}">`,
  ).join('')}]>${pingFrom(string('&j;')).replace(declaration, '')}`,
  'a quadratic blow-up': `${declaration}<!DOCTYPE m [<!ENTITY a "${'x'.repeat(6000)}">]>${pingFrom(
    string('&a;'.repeat(1500)),
  ).replace(declaration, '')}`,
  'an external entity': `${declaration}<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]>${pingFrom(
    string('&x;'),
  ).replace(declaration, '')}`,
  'a parameter entity': `${declaration}<!DOCTYPE m [<!ENTITY % x SYSTEM "http://127.0.0.1/x"> %x;]>${ping.replace(declaration, '')}`,
  'a default attribute': `${declaration}<!DOCTYPE m [<!ATTLIST value x CDATA "y">]>${ping.replace(declaration, '')}`,
});

const characters = rows(notWellFormed, {
  'a reference beyond Unicode (X1)': pingFrom(string('&#x110000;')),
  'a reference far beyond Unicode (X1)': pingFrom(string('&#99999999;')),
  'a negative reference (X1)': pingFrom(string('&#-1;')),
  'a reference beyond Unicode in the method name (X1)': call('&#x110000;', source, target),
  'a reference of 5,000 digits': pingFrom(string(`&#${'9'.repeat(5000)};`)),
  'a reference to NUL': pingFrom(string('a&#0;b')),
  'a reference to a control character': pingFrom(string('a&#1;b')),
  'a reference to a control character under XML 1.1': pingFrom(string('a&#1;b')).replace('1.0', '1.1'),
  'a reference to a surrogate': pingFrom(string('a&#xD800;b')),
  'a reference to a noncharacter': pingFrom(string('a&#xFFFE;b')),
  'a reference without a number': pingFrom(string('a&#;b')),
  'a reference that is no number': pingFrom(string('a&#xZZ;b')),
  'NUL (X14)': pingFrom(string('a\0b')),
  'a control character (X14)': pingFrom(string('a\x01b')),
  'an escape sequence for terminals': pingFrom(string('a\x1b[31mb')),
  'a vertical tab in the method name (X16)': call('pingback.ping\x0b', source, target),
  'a noncharacter (X16)': pingFrom(string('a\ufffeb')),
  'the last noncharacter (X16)': pingFrom(string('a\uffffb')),
  'an entity named like a property (X10)': pingFrom(string('&constructor;')),
  'an entity named like the prototype (X10)': pingFrom(string('&__proto__;')),
  'an entity named like a method (X10)': pingFrom(string('&toString;')),
  'an entity of HTML (X10)': pingFrom(string('caf&eacute;')),
  'an entity nobody defined': pingFrom(string('&nosuch;')),
  'an ampersand alone': pingFrom(string('https://source.example/?a=1&b=2')),
  'an entity without its semicolon': pingFrom(string('https://source.example/?a=1&amp')),
});

const limits = rows(notWellFormed, {
  'one byte more than the limit': paddedTo(maxCallBytes + 1),
  'a value of 100 KB (X5)': pingFrom(string('x'.repeat(100_000))),
  'a comment of 100 KB': pingWith(`<!--${'x'.repeat(100_000)}-->`),
  'a tag name of 100 KB (X5)': pingWith(`<${'x'.repeat(100_000)}/>`),
  '20,000 parameters (X5)': call('pingback.ping', ...Array<string>(20_000).fill(value('x'))),
  'an unknown element, then 100 KB of good ones (X7)': methodCall(
    `<x/>${methodName('pingback.ping')}${params(...Array<string>(3000).fill(source))}`,
  ),
  'one level deeper than the limit (X4)': call('pingback.ping', nestedTo(maxCallDepth + 1)),
  '200 nested arrays (X4)': call('pingback.ping', nestedTo(604)),
  'structs 30 deep (X4)': pingFrom(
    `${'<value><struct><member><name>x</name>'.repeat(10)}${value('y')}${'</member></struct></value>'.repeat(10)}`,
  ),
  'one element more than the limit': elementsTo(maxCallElements + 1),
  '500 empty elements': call('pingback.ping', ...Array<string>(500).fill('<value/>')),
  'open tags and stray end tags, 16 KB (X3)': `<methodCall>${'<a>'.repeat(2300)}${'</b>'.repeat(2300)}`,
  'open tags only, 16 KB (X3)': `<methodCall>${'<a>'.repeat(5400)}`,
  'open values and stray end tags': call('pingback.ping', '<value>'.repeat(1000) + '</string>'.repeat(600)),
});

const grammar = rows(notACall, {
  'a response (X2)': `${declaration}<methodResponse>${params(source)}</methodResponse>`,
  'a fault in a response (X2)': `${declaration}<methodResponse><fault>${value('x')}</fault></methodResponse>`,
  'a fault in a call, 33 bytes (X2)': '<methodCall><fault/></methodCall>',
  'a fault beside a method (X2)': pingWith('<fault/>'),
  'a fault with a value (X2)': methodCall(`<fault>${value('<struct></struct>')}</fault>`),
  'another root element': '<a/>',
  'an HTML page that is well-formed': '<html><body><p>Hello</p></body></html>',
  'a feed': `${declaration}<rss><channel><title>x</title></channel></rss>`,
  'parameters as the root': params(source, target),
  'a root in small letters (X9)': ping.replaceAll('methodCall', 'methodcall'),
  'everything in capitals (X9)': `<METHODCALL><METHODNAME>pingback.ping</METHODNAME></METHODCALL>`,
  'one tag in the wrong case (X9)': ping.replace('<value>', '<Value>').replace('</value>', '</Value>'),
  'no method name': methodCall(params(source, target)),
  'an empty method name': call('', source, target),
  'a blank method name': call(' \n ', source, target),
  'nothing in the call': methodCall(''),
  'two method names (X11)': pingWith(methodName('system.listMethods')),
  'two lists of parameters (X11)': pingWith(params(source)),
  'a call in a call (X11)': pingWith(ping.replace(declaration, '')),
  'a call in a value (X11)': pingFrom(value(ping.replace(declaration, ''))),
  'an element in the method name (X11)': call('pingback<string>.ping</string>', source, target),
  'a value outside of the parameters (X11)': pingWith(source),
  'a value without its param (X11)': methodCall(
    `${methodName('pingback.ping')}<params>${source}${target}</params>`,
  ),
  'a string without its value (X11)': call('pingback.ping', `<string>${callSource}</string>`, target),
  'a param without a value': call('pingback.ping', '', target),
  'a param with text only': call('pingback.ping', callSource, target),
  'two values in one param (X11)': call('pingback.ping', source + target),
  'two types in one value (X11)': pingFrom(value('<string>a</string><string>b</string>')),
  'a type in a type (X11)': pingFrom(value('<string>a<int>5</int></string>')),
  'text beside a type': pingFrom(value(`http://x.example/<string>${callSource}</string>`)),
  'text between the elements': pingWith('hello'),
  'text between the parameters': ping.replace('</param><param>', '</param>hello<param>'),
  'an unknown element': pingWith('<extra/>'),
  'an unknown element with a name of 10 KB': pingWith(`<${'x'.repeat(10_000)}/>`),
  'an unknown element named like the prototype': pingWith('<__proto__/>'),
  'an unknown element named like a property': pingFrom(value('<constructor>x</constructor>')),
  'an unknown type': pingFrom(value('<i16>5</i16>')),
  'an unknown element around the parameters': methodCall(
    `${methodName('pingback.ping')}<body>${params(source)}</body>`,
  ),
  'nil of the extensions (X15)': pingFrom(value('<ex:nil/>')),
  'a long integer of the extensions (X15)': pingFrom(value('<ex:i8>5</ex:i8>')),
  'a member without a name (X11)': pingFrom(value(`<struct><member>${source}</member></struct>`)),
  'a member without a value': pingFrom(value('<struct><member><name>x</name></member></struct>')),
  'a member with two names': pingFrom(
    value(`<struct><member><name>x</name><name>y</name>${source}</member></struct>`),
  ),
  'a struct with a value and no member': pingFrom(value(`<struct>${source}</struct>`)),
  'an array without data': pingFrom(value('<array></array>')),
  'an array with a value and no data': pingFrom(value(`<array>${source}</array>`)),
  'an array with two data': pingFrom(value('<array><data></data><data></data></array>')),
  'parameters in a value': pingFrom(value(params(source))),
  'an integer that is none (X13)': pingFrom(value('<int>abc</int>')),
  'a boolean that is none (X13)': pingFrom(value('<boolean>true</boolean>')),
  'a double that is none (X13)': pingFrom(value('<double>NaN</double>')),
  'a date that is none (X13)': pingFrom(value('<dateTime.iso8601>yesterday</dateTime.iso8601>')),
});

const methods = rows(unknownMethod, {
  'system.multicall with two pings': call(
    'system.multicall',
    value(
      `<array><data>${value(
        `<struct><member><name>methodName</name>${string('pingback.ping')}</member><member><name>params</name>${value(
          `<array><data>${source}${target}</data></array>`,
        )}</member></struct>`,
      ).repeat(2)}</data></array>`,
    ),
  ),
  'system.multicall with nothing': call('system.multicall'),
  'system.methodHelp': call('system.methodHelp', string('pingback.ping')),
  'system.methodSignature': call('system.methodSignature', string('pingback.ping')),
  'a login to WordPress': call('wp.getUsersBlogs', string('admin'), string('password')),
  'demo.sayHello': call('demo.sayHello'),
  'the method in another case': call('pingback.Ping', source, target),
  'the method in capitals': call('PINGBACK.PING', source, target),
  'the method with more behind it': call('pingback.ping.ping', source, target),
  'the method with a blank in it': call('pingback. ping', source, target),
  'half of the method': call('pingback', source, target),
  'a method named constructor': call('constructor', source, target),
  'a method named __proto__': call('__proto__', source, target),
  'a method named toString': call('toString', source, target),
  'a method named hasOwnProperty': call('hasOwnProperty', source, target),
  'a method named NotFound (X18)': call('NotFound', source, target),
  'a method with markup in it': call('&lt;script&gt;alert(1)&lt;/script&gt;', source, target),
  'a method with a line break in it': call('pingback.ping\r\nX-Header: 1', source, target),
  'a method of 5,000 letters': call('x'.repeat(5000), source, target),
  'a method outside of ASCII': call('pïngback.ping', source, target),
});

const struct = (name: string): string =>
  value(`<struct><member><name>${name}</name>${string('x')}</member></struct>`);

const parameters = rows(wrongParams, {
  'no list of parameters': methodCall(methodName('pingback.ping')),
  'an empty list of parameters': call('pingback.ping'),
  'an empty list of parameters in one tag': methodCall(`${methodName('pingback.ping')}<params/>`),
  'one parameter': call('pingback.ping', source),
  'three parameters': call('pingback.ping', source, target, target),
  'an int for a source': pingFrom(value('<int>5</int>')),
  'an i4 for a source': pingFrom(value('<i4>-5</i4>')),
  'an int for a target': call('pingback.ping', source, value('<int>5</int>')),
  'a boolean for a source': pingFrom(value('<boolean>1</boolean>')),
  'a double for a source': pingFrom(value('<double>-0.5</double>')),
  'a date for a source': pingFrom(value('<dateTime.iso8601>19980717T14:08:55</dateTime.iso8601>')),
  'base64 for a source': pingFrom(value(`<base64>${Buffer.from(callSource).toString('base64')}</base64>`)),
  'one array of two strings': call('pingback.ping', value(`<array><data>${source}${target}</data></array>`)),
  'an array for a source': pingFrom(value(`<array><data>${source}</data></array>`)),
  'an empty array for a source': pingFrom(value('<array><data/></array>')),
  'parameters by name in one struct': call(
    'pingback.ping',
    value(
      `<struct><member><name>sourceURI</name>${source}</member><member><name>targetURI</name>${target}</member></struct>`,
    ),
  ),
  'a struct for a source': pingFrom(struct('length')),
  'an empty struct for a source': pingFrom(value('<struct></struct>')),
  'a struct with a member __proto__ (X12)': pingFrom(struct('__proto__')),
  'a struct with a member toString (X12)': pingFrom(struct('toString')),
  'a struct with a member valueOf (X12)': pingFrom(struct('valueOf')),
  'a struct with a member constructor (X12)': pingFrom(struct('constructor')),
  'a struct that gives a prototype (X12)': pingFrom(
    value(
      `<struct><member><name>__proto__</name>${value(
        '<struct><member><name>isAdmin</name><value><boolean>1</boolean></value></member></struct>',
      )}</member></struct>`,
    ),
  ),
  'an int with more behind it (X13)': pingFrom(value('<int>12abc</int>')),
  'an int with an exponent (X13)': pingFrom(value('<int>1e3</int>')),
  'an int in base 16 (X13)': pingFrom(value('<i4>0x10</i4>')),
  'an int of 11 digits (X13)': pingFrom(value('<i4>99999999999</i4>')),
  'an infinite double (X13)': pingFrom(value('<double>Infinity</double>')),
  'an impossible date (X13)': pingFrom(value('<dateTime.iso8601>20009999T99:99:99</dateTime.iso8601>')),
  'base64 that is none (X13)': pingFrom(value('<base64>@@@@</base64>')),
  'the greatest depth': call('pingback.ping', nestedTo(maxCallDepth)),
  'the greatest number of elements': elementsTo(maxCallElements),
  'getPingbacks without a target': call('pingback.extensions.getPingbacks'),
  'getPingbacks with an int': call('pingback.extensions.getPingbacks', value('<int>5</int>')),
});

const encodings: readonly HostileCall[] = [
  ...rows(unsupportedEncoding, {
    'UTF-7 declared (X14)': declared('utf-7'),
    'Shift_JIS declared': declared('shift_jis'),
    'ISO-2022-JP declared': declared('iso-2022-jp'),
    'EBCDIC declared': declared('ibm037'),
    'UTF-32 declared': declared('utf-32'),
    'an encoding declared that does not exist': declared('x-none'),
    'an encoding declared in single quotes': declared('x-none').replaceAll('"', "'"),
  }),
  {
    name: 'UTF-7 in the header',
    body: ping,
    contentType: 'text/xml; charset=utf-7',
    expect: unsupportedEncoding,
  },
  {
    name: 'Big5 in the header',
    body: ping,
    contentType: 'text/xml; charset="big5"',
    expect: unsupportedEncoding,
  },
  {
    name: 'an encoding in the header that does not exist, a good one declared',
    body: declared('utf-8'),
    contentType: 'text/xml; charset=x-none',
    expect: unsupportedEncoding,
  },
  ...rows(invalidBytes, {
    'a byte that is no UTF-8 (X14)': latin1(pingFrom(string('caf\xe9'))),
    'UTF-8 cut off in a character': bytes(pingFrom(string('x')).slice(0, -20), [0xe2, 0x82]),
    'UTF-8 that is longer than it need be': latin1(pingFrom(string('\xc0\xafetc'))),
    'a surrogate in UTF-8': latin1(pingFrom(string('\xed\xa0\x80'))),
    'UTF-8 beyond Unicode': latin1(pingFrom(string('\xf4\x90\x80\x80'))),
    'Latin-1 that is declared as UTF-8': latin1(declared('utf-8', pingFrom(string('caf\xe9')))),
    'Latin-1 behind a mark of UTF-8': bytes(
      utf8Mark,
      latin1(declared('iso-8859-1', pingFrom(string('caf\xe9')))),
    ),
    'UTF-16 with half a character': bytes(littleMark, utf16le(ping), [0x41]),
    'UTF-16 with a lone surrogate': bytes(littleMark, utf16le(pingFrom(string('\ud800x')))),
    'UTF-16BE with a lone surrogate': bytes(bigMark, utf16be(pingFrom(string('\udc00x')))),
  }),
  {
    name: 'Latin-1 declared, UTF-8 in the header, bytes of Latin-1',
    body: latin1(declared('iso-8859-1', pingFrom(string('caf\xe9')))),
    contentType: 'text/xml; charset=utf-8',
    expect: invalidBytes,
  },
  ...rows(notWellFormed, {
    'UTF-16 without a mark': bytes(utf16le(ping)),
    'UTF-16BE without a mark': bytes(utf16be(ping)),
    'UTF-32 with a mark': bytes(
      littleMark,
      [0, 0],
      utf16le(Array.from(ping, (char) => `${char}\0`).join('')),
    ),
    'DOCTYPE hidden in UTF-16': bytes(
      littleMark,
      utf16le(ping.replace('<methodCall>', '<!DOCTYPE methodCall><methodCall>')),
    ),
    'garbage before the XML declaration': bytes(utf8Mark, 'x', ping),
  }),
];

const pingOf = (name: string, from: string, body = pingFrom(string(from))): HostileCall => ({
  name,
  body,
  expect: 'ping',
  source: from,
  target: callTarget,
});

const odd: readonly HostileCall[] = [
  ...rows('ok', {
    'system.listMethods': call('system.listMethods'),
    'system.listMethods without a list of parameters': methodCall(methodName('system.listMethods')),
    'system.getCapabilities': call('system.getCapabilities'),
    'system.getCapabilities with blanks around it': call(' system.getCapabilities\n'),
    'system.listMethods in UTF-16': bytes(bigMark, utf16be(call('system.listMethods'))),
  }),
  pingOf('the longest body', callSource, paddedTo(maxCallBytes)),
  pingOf('a source that is no URL', 'not a URL'),
  pingOf('a source with a script', 'javascript:alert(1)'),
  pingOf('a source that is a file', 'file:///etc/passwd'),
  pingOf('a source named __proto__', '__proto__'),
  pingOf('a source of 2,048 characters', `https://source.example/${'x'.repeat(2048 - 23)}`),
  pingOf('a source outside of ASCII', 'https://source.example/漢字/é?q=👋'),
  pingOf('a source with bidi controls', 'https://source.example/\u202egpj.exe'),
  pingOf('a source with C1 controls', 'https://source.example/\u0085\u009f'),
  pingOf('a source with a zero-width space', 'https://source\u200b.example/'),
  pingOf(
    'a source with markup in it',
    '<script>alert(1)</script>',
    pingFrom(string('&lt;script&gt;alert(1)&lt;/script&gt;')),
  ),
  pingOf(
    'a source escaped twice',
    'https://source.example/?a=1&amp;b=2',
    pingFrom(string('https://source.example/?a=1&amp;amp;b=2')),
  ),
  pingOf(
    'a source with a log line in it',
    'https://source.example/\nlevel=info msg=forged',
    pingFrom(string('https://source.example/&#10;level=info msg=forged')),
  ),
];

/** Bodies of calls and what each must get; none may throw, hang or end the process. */
export const hostileCalls: readonly HostileCall[] = [
  ...notXml,
  ...doctypes,
  ...characters,
  ...limits,
  ...grammar,
  ...methods,
  ...parameters,
  ...encodings,
  ...odd,
];

const lenient = (
  name: string,
  body: string | Uint8Array,
  more: Partial<Pick<LenientCall, 'contentType' | 'source'>> = {},
): LenientCall => ({ name, body, source: callSource, target: callTarget, ...more });

const accented = 'https://source.example/café';
const accentedPing = pingFrom(string(accented));
const quoted = 'https://source.example/“q”';
const withQuery = 'https://source.example/?a=1&b=2';

/** Unusual forms that real senders use: each is a ping from `source` to `target`. */
export const lenientCalls: readonly LenientCall[] = [
  lenient('no XML declaration', ping.replace(declaration, '')),
  lenient('blanks before the XML declaration', `\r\n \t${ping}`),
  lenient('blanks after the call', `${ping}\r\n\r\n`),
  lenient('a mark of UTF-8', bytes(utf8Mark, ping)),
  lenient('a mark of UTF-8, then blanks', bytes(utf8Mark, '\r\n', ping)),
  lenient('an XML declaration in single quotes', ping.replace(declaration, "<?xml version='1.0'?>")),
  lenient(
    'an XML declaration with standalone',
    ping.replace(declaration, '<?xml version="1.0" standalone="yes"?>'),
  ),
  lenient('lines of their own for all elements', ping.replaceAll('><', '>\r\n  <')),
  lenient('blanks around the method name', ping.replace('pingback.ping', '\n  pingback.ping\n')),
  lenient(
    'blanks around a typed value',
    ping.replace('<string>', '\n<string>').replace('</string>', '</string>\n'),
  ),
  lenient('blanks inside the tags', ping.replaceAll('params>', 'params >').replace('</param>', '</param\n>')),
  lenient('values without a type', call('pingback.ping', value(callSource), value(callTarget))),
  lenient('one value without a type', call('pingback.ping', source, value(callTarget))),
  lenient('CDATA', pingFrom(string(`<![CDATA[${callSource}]]>`))),
  lenient('CDATA in a value without a type', pingFrom(value(`<![CDATA[${callSource}]]>`))),
  lenient('CDATA with an ampersand', pingFrom(string(`<![CDATA[${withQuery}]]>`)), { source: withQuery }),
  lenient('CDATA beside text', pingFrom(string('https://<![CDATA[source.example]]>/post'))),
  lenient('CDATA around the method name', call('<![CDATA[pingback.ping]]>', source, target)),
  lenient('a comment before the call', ping.replace(declaration, `${declaration}<!-- from a blog -->`)),
  lenient('a comment after the call', `${ping}<!-- sent -->`),
  lenient('a comment between the elements', pingWith('<!-- parameters -->')),
  lenient('a comment in a value', pingFrom(value(`<!-- source --><string>${callSource}</string>`))),
  lenient('a comment in a string', pingFrom(string('https://source.example/<!-- x -->post'))),
  lenient(
    'the method name after the parameters',
    methodCall(params(source, target) + methodName('pingback.ping')),
  ),
  lenient('an escaped ampersand', pingFrom(string('https://source.example/?a=1&amp;b=2')), {
    source: withQuery,
  }),
  lenient('an ampersand by number', pingFrom(string('https://source.example/?a=1&#38;b=2')), {
    source: withQuery,
  }),
  lenient('all five entities of XML', pingFrom(string('&lt;&gt;&amp;&quot;&apos;')), { source: '<>&"\'' }),
  lenient('references by number in base 16', pingFrom(string('&#x68;ttps://source.example/post'))),
  lenient('content type text/html', ping, { contentType: 'text/html' }),
  lenient('content type application/xml', ping, { contentType: 'application/xml' }),
  lenient('content type application/json', ping, { contentType: 'application/json' }),
  lenient('content type of a form', ping, { contentType: 'application/x-www-form-urlencoded' }),
  lenient('content type that is none', ping, { contentType: 'xml' }),
  lenient('charset in quotes', accentedPing, { contentType: 'text/xml; charset="UTF-8"', source: accented }),
  lenient('charset in capitals, with more behind it', accentedPing, {
    contentType: 'TEXT/XML; Charset=UTF-8; x=y',
    source: accented,
  }),
  lenient('UTF-8 declared in capitals', declared('UTF-8', accentedPing), { source: accented }),
  lenient('UTF-8 that nobody declares', accentedPing, { source: accented }),
  lenient('US-ASCII declared', declared('us-ascii')),
  lenient('UTF-16 declared, plain bytes', declared('utf-16')),
  lenient('ISO-8859-1 declared', latin1(declared('iso-8859-1', accentedPing)), { source: accented }),
  lenient('ISO-8859-1 in the header', latin1(accentedPing), {
    contentType: 'text/xml; charset=ISO-8859-1',
    source: accented,
  }),
  lenient(
    'windows-1252 declared',
    latin1(declared('windows-1252', pingFrom(string('https://source.example/\x93q\x94')))),
    {
      source: quoted,
    },
  ),
  lenient(
    'windows-1252 bytes declared as ISO-8859-1',
    latin1(declared('iso-8859-1', pingFrom(string('https://source.example/\x93q\x94')))),
    {
      source: quoted,
    },
  ),
  lenient('the header over the declaration', declared('iso-8859-1', accentedPing), {
    contentType: 'text/xml; charset=utf-8',
    source: accented,
  }),
  lenient('the mark over the declaration', bytes(utf8Mark, declared('iso-8859-1', accentedPing)), {
    source: accented,
  }),
  lenient('the mark over the header', bytes(utf8Mark, accentedPing), {
    contentType: 'text/xml; charset=iso-8859-1',
    source: accented,
  }),
  lenient('the mark over a header that nobody knows', bytes(utf8Mark, ping), {
    contentType: 'text/xml; charset=x-none',
  }),
  lenient('UTF-16 with a mark', bytes(littleMark, utf16le(accentedPing)), { source: accented }),
  lenient('UTF-16BE with a mark', bytes(bigMark, utf16be(accentedPing)), { source: accented }),
  lenient('UTF-16 with a mark, UTF-8 declared', bytes(littleMark, utf16le(declared('utf-8', accentedPing))), {
    source: accented,
  }),
];

const answer = (inner: string): string => `${declaration}<methodResponse>${inner}</methodResponse>`;
const fault = (inner: string): string => answer(`<fault>${inner}</fault>`);

/** Answers to our own calls that are none: a sender reads each as a failure, whatever the HTTP status. */
export const hostileResponses: readonly { readonly name: string; readonly body: string | Uint8Array }[] =
  Object.entries({
    'an empty body': '',
    'an HTML page': '<!DOCTYPE html><title>Error</title><p>Something went wrong',
    'our own call': ping,
    'cut off': answer(params(string('Thank you'))).slice(0, -20),
    'a reference beyond Unicode (X1)': answer(params(string('&#x110000;'))),
    'a fault without a value (X2)': fault(''),
    'a fault in one tag (X2)': answer('<fault/>'),
    'a fault that is nil (X2)': fault(value('<nil/>')),
    'a fault that is a string': fault(string('no')),
    'a fault whose text is a struct with toString (X2)': fault(
      value(
        `<struct><member><name>faultCode</name><value><int>0</int></value></member><member><name>faultString</name>${struct(
          'toString',
        )}</member></struct>`,
      ),
    ),
    'a fault beside parameters': answer(
      `${params(string('Thank you'))}<fault>${value('<struct></struct>')}</fault>`,
    ),
    'no parameters': answer(params()),
    'nothing at all in it': answer(''),
    'two parameters': answer(params(source, target)),
    'a DOCTYPE': answer(params(source)).replace('<methodResponse>', '<!DOCTYPE m><methodResponse>'),
    '200 nested arrays (X4)': answer(params(nestedTo(604))),
    '100 KB of text (X5)': answer(params(string('x'.repeat(100_000)))),
    'open tags and stray end tags (X3)': `<methodResponse>${'<a>'.repeat(2300)}${'</b>'.repeat(2300)}`,
    'an entity named like a property (X10)': answer(params(string('&constructor;'))),
    'bytes that are no UTF-8': latin1(answer(params(string('caf\xe9')))),
  }).map(([name, body]) => ({ name, body }));
