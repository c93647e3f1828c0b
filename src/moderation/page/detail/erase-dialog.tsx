import type { JSX } from 'preact';
import { Confirm } from '../parts/dialog.tsx';
import { sayError } from '../state/call.ts';
import { useStore } from '../state/context.ts';
import type { Item } from '../state/shapes.ts';
import { linkerOf } from '../words/states.ts';

/** Asks before a linkback is forgotten, and says what that means. */
export function EraseDialog({
  item,
  onEnd,
}: {
  readonly item: Item;
  readonly onEnd: () => void;
}): JSX.Element {
  const { api, cursor, list, detail, notices } = useStore();
  const erase = async (): Promise<void> => {
    onEnd();
    try {
      await api.erase(item.id);
      cursor.leave(new Set([item.id]));
      list.remove(new Set([item.id]));
      detail.forget(item.id);
      notices.say('Erased.');
    } catch (error) {
      notices.complain(`It was not erased. ${sayError(error)}`);
    }
  };
  return (
    <Confirm title="Erase this linkback?" yes="Erase for good" onYes={() => void erase()} onNo={onEnd}>
      <p>
        This forgets the linkback from <bdi>{linkerOf(item)}</bdi>: its excerpt, its author, who announced it,
        and its whole history. It disappears from your pages and cannot be brought back.
      </p>
      <p class="hint">
        The same page may be announced again, and is then a new linkback. To keep it away, reject it or make a
        rule.
      </p>
    </Confirm>
  );
}
