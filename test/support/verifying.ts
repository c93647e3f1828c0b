import { readDocument, readDocumentMicroformats } from '../../src/web/document.ts';
import type { Fetched } from '../../src/web/fetch.ts';
import type { Reader } from '../../src/web/reader.ts';

/** The product's reading, without the threads. */
export const plainReader: Pick<Reader, 'read'> = {
  read: async (task) => {
    const reading = readDocument(task);
    return { ...reading, microformats: reading.hasMicroformats ? readDocumentMicroformats(task) : undefined };
  },
};

export type AnswerOptions = {
  readonly url?: URL;
  readonly status?: number;
  readonly contentType?: string;
  readonly retryAfterMs?: number;
};

/** What a fetch gives for a page, or for a status whose body is not read. */
export function answerOf(
  html: string | null,
  options: AnswerOptions = {},
): Extract<Fetched, { kind: 'answer' }> {
  const {
    url = new URL('https://source.example/a'),
    status = 200,
    contentType = 'text/html; charset=utf-8',
  } = options;
  const body = html === null ? null : { bytes: new Uint8Array(Buffer.from(html)), isCut: false };
  const { retryAfterMs } = options;
  return {
    kind: 'answer',
    status,
    url,
    contentType,
    body,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}
