import { SaxesParser } from 'saxes';
import CustomType from 'xmlrpc/lib/customtype.js';
import Deserializer from 'xmlrpc/lib/deserializer.js';
import serializer from 'xmlrpc/lib/serializer.js';
import { decodeXml } from '../../web/charset.ts';
import { sayableInXml } from '../xml-text.ts';
import { isComplete, mayBegin, mayHoldText, type OpenElement } from './grammar.ts';

/** Longest message read, in bytes. */
export const maxMessageBytes: number = 16 * 1024;
export const maxResponseBytes: number = 64 * 1024;
const maxDepth = 16;
const maxElements = 64;

/** Faults of the message itself. Spec: Specification for Fault Code Interoperability, 20010516. */
export const wireFaults = {
  'not-well-formed': -32700,
  'unsupported-encoding': -32701,
  'invalid-character': -32702,
  'not-xmlrpc': -32600,
  'too-large': -32700,
} as const;
export type WireFault = keyof typeof wireFaults;

export type Malformed = { readonly malformed: WireFault };
export type Call = { readonly method: string; readonly params: readonly unknown[] };
export type Answer =
  { readonly value: unknown } | { readonly fault: { readonly code: number; readonly text: string } };

/**
 * Reads a method call.
 *
 * The codec is fed one whole string that a strict pass has found to be XML-RPC and nothing else: left to itself it
 * ends the process on some messages, and hangs on others.
 *
 * Limits:  {@link maxMessageBytes} bytes, depth {@link maxDepth}, {@link maxElements} elements.
 * Refuses: DTDs, processing instructions, attributes, tags in another case, anything out of place.
 * Spec:    XML-RPC (1999/2003); missing `params`, and `params` before `methodName`, are read.
 */
export function readCall(bytes: Uint8Array, contentType: string): Call | Malformed {
  if (bytes.length > maxMessageBytes) return { malformed: 'too-large' };
  const text = readStrictly(bytes, contentType, 'methodCall', maxElements);
  if (typeof text !== 'string') return text;
  let call = undefined as Call | undefined;
  decode((deserializer, source) => {
    deserializer.deserializeMethodCall(source, (error, name, params) => {
      const method = error === null ? name?.trim() : undefined;
      if (method !== undefined && method !== '') call = { method, params: params ?? [] };
    });
  }, text);
  return call ?? { malformed: 'not-xmlrpc' };
}

/** Reads the answer to a call of ours. Limits and refusals as in {@link readCall}, {@link maxResponseBytes} bytes. */
export function readAnswer(bytes: Uint8Array, contentType: string): Answer | Malformed {
  if (bytes.length > maxResponseBytes) return { malformed: 'too-large' };
  const text = readStrictly(bytes, contentType, 'methodResponse', maxElements);
  if (typeof text !== 'string') return text;
  let answer = undefined as Answer | undefined;
  decode((deserializer, source) => {
    deserializer.deserializeMethodResponse(source, (error, value) => {
      if (error !== null) answer = faultOf(error);
      else if (value !== undefined) answer = { value };
    });
  }, text);
  return answer ?? { malformed: 'not-xmlrpc' };
}

function faultOf(error: Error): Answer | undefined {
  if (!('faultCode' in error) || typeof error.faultCode !== 'number') return undefined;
  const text = 'faultString' in error && typeof error.faultString === 'string' ? error.faultString : '';
  return { fault: { code: error.faultCode, text } };
}

export function formatCall(method: string, params: readonly string[]): string {
  return serializer.serializeMethodCall(method, params.map(plain), 'UTF-8');
}

/** A value of an answer: what our methods give back. */
export type AnswerValue = string | number | readonly AnswerValue[] | { readonly [name: string]: AnswerValue };

export function formatResult(value: AnswerValue): string {
  return withEncoding(serializer.serializeMethodResponse(plain(value)));
}

export function formatFault(code: number, text: string): string {
  return withEncoding(serializer.serializeFault({ faultCode: code, faultString: plain(text) }));
}

function withEncoding(xml: string): string {
  return xml.replace('<?xml version="1.0"?>', '<?xml version="1.0" encoding="UTF-8"?>');
}

/** Strings as escaped text: the codec's own way is CDATA, which some old software does not read. */
class PlainString extends CustomType {
  override serialize(xml: Parameters<CustomType['serialize']>[0]): ReturnType<CustomType['serialize']> {
    return xml.ele('string').txt(String(this.raw));
  }
}

function plain(value: AnswerValue): unknown {
  // The codec throws on what XML cannot say.
  if (typeof value === 'string') return new PlainString(sayableInXml(value));
  if (typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
}

type Feed = Parameters<Deserializer['deserializeMethodCall']>[0];

/** Runs the codec synchronously on one whole string: its exceptions come back to us, and its callback has fired. */
function decode(begin: (deserializer: Deserializer, source: Feed) => void, text: string): void {
  const source: Feed = {
    setEncoding: () => undefined,
    on: () => undefined,
    pipe: (parser) => {
      parser.end(text);
    },
  };
  try {
    begin(new Deserializer(), source);
  } catch {
    // What it throws on is no message; the caller sees that nothing was read.
  }
}

/** The message as text, without byte order mark and XML declaration, when it is XML-RPC through and through. */
function readStrictly(
  bytes: Uint8Array,
  contentType: string,
  root: string,
  elements: number,
): string | Malformed {
  const decoded = decodeXml(bytes, contentType);
  if ('failed' in decoded) {
    return { malformed: decoded.failed === 'unsupported' ? 'unsupported-encoding' : 'invalid-character' };
  }
  const text = decoded.text.trim().replace(/^<\?xml\s[^>]*\?>/u, '');
  const wrong = findWrong(text, root, elements);
  return wrong === undefined ? text : { malformed: wrong };
}

/** Stops the parser, and is caught at once: one for all, for a stack for each would cost more than the reading. */
const notXmlRpc = new Error('over the limits, or not XML as XML-RPC uses it');

/** One strict pass over the message: well-formed, within limits, and each element where the grammar has it. */
function findWrong(text: string, root: string, maxElementCount: number): WireFault | undefined {
  const open: OpenElement[] = [];
  let count = 0;
  let isMisplaced = false as boolean;
  const parser = new SaxesParser({ xmlns: false, position: false });
  const stop = (): never => {
    throw notXmlRpc;
  };
  parser.on('error', stop);
  parser.on('doctype', stop);
  // The message's own declaration is gone by now; this would be a second one.
  parser.on('xmldecl', stop);
  parser.on('processinginstruction', stop);
  parser.on('attribute', stop);
  parser.on('opentag', ({ name }) => {
    count += 1;
    const parent = open.at(-1);
    isMisplaced ||= !mayBegin(name, parent, root);
    parent?.children.push(name);
    open.push({ name, children: [] });
    if (count > maxElementCount || open.length > maxDepth) stop();
  });
  parser.on('closetag', () => {
    const closed = open.pop();
    isMisplaced ||= closed !== undefined && !isComplete(closed);
  });
  const onText = (words: string): void => {
    const holder = open.at(-1);
    if (holder === undefined || words.trim() === '') return;
    isMisplaced ||= !mayHoldText(holder);
    if (holder.name === 'value') holder.children.push('#text');
  };
  parser.on('text', onText);
  parser.on('cdata', onText);
  try {
    parser.write(text).close();
  } catch {
    return 'not-well-formed';
  }
  return isMisplaced ? 'not-xmlrpc' : undefined;
}
