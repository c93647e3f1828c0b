import type { WorkerLog } from './queue/worker.ts';
import type { TellOfStore } from './store/engine.ts';

type Levels = Readonly<Record<'info' | 'warn' | 'fatal', (facts: object, line: string) => void>>;

/** What the store has to tell its owner, as log lines that say what to do. */
export function storeLog(log: Levels): TellOfStore {
  return (news) => {
    switch (news.kind) {
      case 'log-grows':
        log.warn(
          news,
          'the write-ahead log of the database grows: another program reads the database and does not end; end it',
        );
        break;
      case 'log-is-small-again':
        log.info(news, 'the write-ahead log of the database is small again');
        break;
      case 'damaged':
        log.fatal(
          news,
          'the database is damaged: stop the service, move the database away, and copy a backup to its place',
        );
        break;
      case 'copied':
        log.info(
          news,
          'the database was copied before its schema is changed; the newest three copies are kept',
        );
        break;
      case 'connection-lost':
        log.warn(
          news,
          'the connection to the database is lost; it is made again as soon as the database answers',
        );
        break;
      case 'connected-again':
        log.info(news, 'the database answers again');
        break;
      default:
        news satisfies never;
    }
  };
}

/** One line for each job's end and for each defect, with the linkback's id. */
export function workerLog(log: Pick<Levels, 'info'> & { readonly error: Levels['info'] }): WorkerLog {
  return {
    settled: ({ id, verification, refusal, moderation }, outcome) => {
      const found = outcome.kind === 'found' ? {} : { detail: outcome.detail };
      log.info(
        { linkback: id, outcome: outcome.kind, verification, refusal, moderation, ...found },
        'settled',
      );
    },
    defect: (what, error, linkback) => {
      log.error({ err: error, linkback }, what);
    },
  };
}
