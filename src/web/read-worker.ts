import { readDocument, type Reading, type ReadingTask } from './document.ts';

/** What the pool's threads run: each export is a task by its name. */
export const read: (task: ReadingTask) => Reading = readDocument;

/** Answers as soon as a thread is there to answer. */
export const ready: () => void = () => undefined;
