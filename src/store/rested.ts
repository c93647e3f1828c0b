/** Answers that took less time than this are new each time, in milliseconds. */
const cheapMs = 2;
/** How many times as long as it took an answer is good for. */
const restTimes = 100;

/**
 * Makes a question that rests a hundred times as long as its answer took, and gives the same answer meanwhile: what takes
 * long is never asked for more than a hundredth of the time, and what takes a moment is always new.
 *
 * Limits: keeps an answer for each key, so these have to be few.
 */
export function rested<Key, Answer>(ask: (key: Key) => Promise<Answer>): (key: Key) => Promise<Answer> {
  const kept = new Map<Key, { readonly answer: Answer; readonly until: number }>();
  return async (key) => {
    const startedAt = performance.now();
    const known = kept.get(key);
    if (known !== undefined && known.until > startedAt) return known.answer;
    const answer = await ask(key);
    const now = performance.now();
    const tookMs = now - startedAt;
    if (tookMs < cheapMs) kept.delete(key);
    else kept.set(key, { answer, until: now + restTimes * tookMs });
    return answer;
  };
}
