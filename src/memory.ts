import { setFlagsFromString } from 'node:v8';

/** Memory of the process above which V8 saves it, and below which it does so no more, in megabytes. */
const savingAboveMb = 210;
const relaxedBelowMb = 195;
/** How often it is looked how much there is, in milliseconds. */
const lookEveryMs = 250;

/** The first V8 that can be told so. */
const oldestV8 = 13;

/**
 * Keeps the memory of this process small: has V8 save it while there is much, which takes up to half as much again of the
 * processor, and be quick while there is little.
 *
 * Left to itself, V8 lets the heap of a busy service grow to several times of what is in use.
 */
export function keepSmall(): void {
  if (Number(process.versions.v8.split('.')[0]) < oldestV8) return;
  let isSaving = false;
  setInterval(() => {
    const mb = process.memoryUsage.rss() / 1024 / 1024;
    const isToSave = isSaving ? mb > relaxedBelowMb : mb > savingAboveMb;
    if (isToSave === isSaving) return;
    isSaving = isToSave;
    setFlagsFromString(isSaving ? '--memory-saver-mode' : '--no-memory-saver-mode');
  }, lookEveryMs).unref();
}
