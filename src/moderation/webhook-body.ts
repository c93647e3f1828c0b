import type { Linkback } from '../linkback/linkback.ts';
import type { TellCall } from '../linkback/webhook.ts';
import { callBody } from '../linkback/webhook-call.ts';
import { toModerated } from './moderated-linkback.ts';

/**
 * Says in JSON what a change is to those who are told of it: the linkback as the owner sees it in a list.
 *
 * Of one that was withdrawn it says no more than which it was and of which page: it may have been erased.
 */
export const tellCall: TellCall = (event, { before, after }, at) => {
  const linkback = after ?? before;
  const isTold = event !== 'withdrawn' && after !== null;
  return callBody(event, at, isTold ? toModerated(after) : nameOf(linkback));
};

function nameOf(linkback: Linkback | null): Readonly<Record<string, unknown>> {
  return linkback === null ? {} : { id: linkback.id, target: linkback.target };
}
