import type { Reason } from '../../linkback/refusal.ts';
import type { WireFault } from './wire.ts';

export type Fault = { readonly code: number; readonly text: string };

/**
 * Pingback's spelling of each of our reasons.
 *
 * The texts are ours and fixed: nothing of the request comes back in them, and nothing about networks.
 *
 * Spec: Pingback 1.0 section 3.
 */
export const faults: Readonly<Record<Reason, Fault>> = {
  malformed: { code: 0, text: 'The call is not a valid ping.' },
  'same-page': { code: 0, text: 'The source and the target are the same page.' },
  'source-unusable': { code: 16, text: 'The source page could not be read.' },
  'no-link': { code: 17, text: 'The source page has no link to the target.' },
  'target-gone': { code: 32, text: 'The target page does not exist.' },
  'target-closed': { code: 33, text: 'The target cannot be used as a target: it takes no pingbacks here.' },
  'already-registered': { code: 48, text: 'The pingback is registered already.' },
  'access-denied': { code: 49, text: 'Access denied: the owner takes no pingbacks from this source.' },
  upstream: { code: 50, text: 'The source page gave an error that may pass; it will be tried again.' },
  'too-many': { code: 0, text: 'Too many pings; try again later.' },
  unavailable: { code: 0, text: 'Pings cannot be taken at the moment; try again later.' },
  'our-fault': { code: 0, text: 'Something went wrong on this side.' },
};

/** Faults of messages that are no call of a method of ours. */
export const callFaults: Readonly<Record<'unknown-method' | 'wrong-parameters', Fault>> = {
  'unknown-method': { code: -32601, text: 'There is no such method here.' },
  'wrong-parameters': { code: -32602, text: 'The parameters are not what this method takes.' },
};

export const wireFaultTexts: Readonly<Record<WireFault, string>> = {
  'not-well-formed': 'The message is not well-formed XML, or uses what XML-RPC has no need of.',
  'unsupported-encoding': 'The message is in an encoding that is not read here.',
  'invalid-character': 'The message has bytes that are no characters in its encoding.',
  'not-xmlrpc': 'The message is not an XML-RPC method call.',
  'too-large': 'The message is larger than 16 KiB.',
};
