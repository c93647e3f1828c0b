import { signal, type ReadonlySignal } from '@preact/signals';

/** Something that happened, told in passing; what can be taken back says so. */
export type Notice = {
  readonly serial: number;
  readonly text: string;
  readonly tone: 'plain' | 'wrong';
  readonly undo?: () => void;
};

export type Notices = {
  readonly notice: ReadonlySignal<Notice | null>;
  readonly say: (text: string, undo?: () => void) => void;
  readonly complain: (text: string, undo?: () => void) => void;
  readonly dismiss: () => void;
};

export function makeNotices(): Notices {
  const notice = signal<Notice | null>(null);
  let serial = 0;
  const show = (told: Omit<Notice, 'serial'>): void => {
    serial += 1;
    notice.value = { ...told, serial };
  };
  return {
    notice,
    say: (text, undo) => show({ text, tone: 'plain', ...(undo === undefined ? {} : { undo }) }),
    complain: (text, undo) => show({ text, tone: 'wrong', ...(undo === undefined ? {} : { undo }) }),
    dismiss: () => (notice.value = null),
  };
}
