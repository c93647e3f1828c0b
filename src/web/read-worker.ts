import { readDocument, type Reading, type ReadingTask } from './document.ts';

/** What the pool's threads run. */
export const read: (task: ReadingTask) => Reading = readDocument;
