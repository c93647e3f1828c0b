import type { JSX } from 'preact';
import { When } from '../parts/when.tsx';
import type { Announced, Detail } from '../state/shapes.ts';
import { bareAddress, dialectNames } from '../words/states.ts';
import { Part } from './part.tsx';

/** Who said that this page links here: one dialect may say it in another spelling than the other. */
export function Announcements({ detail }: { readonly detail: Detail }): JSX.Element {
  return (
    <Part title="Announced by">
      <ul class="facts">
        {detail.announcements.map((each) => (
          <li key={each.protocol + each.source + each.target}>
            <Announcement announced={each} detail={detail} />
          </li>
        ))}
      </ul>
    </Part>
  );
}

type AnnouncementProps = { readonly announced: Announced; readonly detail: Detail };

function Announcement({ announced, detail }: AnnouncementProps): JSX.Element {
  const { protocol, source, target, held, firstAt, lastAt } = announced;
  const isChecked = detail.evidence !== null;
  return (
    <>
      {dialectNames[protocol]}, <When time={firstAt} />
      {firstAt === lastAt ? null : (
        <>
          , last <When time={lastAt} />
        </>
      )}
      {isChecked ? (held ? '. Its rule for links holds.' : '. By its rule the link does not hold.') : '.'}
      {source === detail.source.url ? null : (
        <span class="spelling">
          Source as sent: <code>{bareAddress(source)}</code>
        </span>
      )}
      {target === detail.target ? null : (
        <span class="spelling">
          Target as sent: <code>{bareAddress(target)}</code>
        </span>
      )}
    </>
  );
}
