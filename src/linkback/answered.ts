import { isRefusal, type Reason, type Refusal } from './refusal.ts';

/** What a caller was told of a ping: success, or why not. */
export type PingAnswer = 'success' | Reason;

/** Is told of each ping that was answered, and how long its caller waited, in milliseconds. */
export type Answered = (answer: PingAnswer, waitedMs: number) => void;

export function answerTo(result: object | Refusal): PingAnswer {
  return isRefusal(result) ? result.refused : 'success';
}
