import { randomBytes } from 'node:crypto';
import type { AcceptedPing } from '../../src/linkback/accept.ts';
import { makeIds } from './clock.ts';

const nextId = makeIds('linkback');

/** A ping as it goes to the store, from a page of its own to a page of ours, with what a test wants otherwise. */
export function buildPing(change: Partial<AcceptedPing> = {}): AcceptedPing {
  const newId = nextId();
  const source = change.source ?? `https://${newId}.example/entry`;
  const target = change.target ?? 'https://blog.example/post';
  return {
    dialect: 'pingback',
    site: 'blog',
    source,
    sourceHost: new URL(source).hostname,
    jobHost: new URL(source).host,
    target,
    targetKey: `key of ${target}`,
    fragment: null,
    pairKey: `key of ${source} ${target}`,
    senderIp: '192.0.2.1',
    claims: null,
    vouch: null,
    newId,
    newStatusId: randomBytes(16).toString('base64url'),
    at: 1,
    ...change,
  };
}
