import { readDocument, readDocumentMicroformats, type Reading, type ReadingTask } from './document.ts';
import type { Microformats } from './microformats.ts';

/** What the pools' threads run: each export is a task by its name. */
export const read: (task: ReadingTask) => Reading = readDocument;
export const microformats: (task: ReadingTask) => Microformats | undefined = readDocumentMicroformats;

/** Answers as soon as a thread is there to answer. */
export const ready: () => void = () => undefined;
