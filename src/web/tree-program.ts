/**
 * A program of its own: builds the trees of pages that its parent sends, one after another, and answers with the
 * microformats in them. It ends with its parent.
 */
import { readDocumentMicroformats, type ReadingTask } from './document.ts';
import type { Told } from './tree-reader.ts';

function answer(told: Told): void {
  process.send?.(told);
}

process.on('disconnect', () => process.exit());
process.on('message', (task: ReadingTask) => {
  try {
    answer({ kind: 'read', microformats: readDocumentMicroformats(task) });
  } catch (error) {
    // A tree that is too deep for the stack is the page's doing; anything else is ours.
    const isTooDeep = error instanceof RangeError;
    answer(isTooDeep ? { kind: 'too-complex' } : { kind: 'defect', detail: String(error) });
  }
});
answer({ kind: 'ready' });
