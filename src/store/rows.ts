import type { Insertable } from 'kysely';
import type { Claims } from '../linkback/claims.ts';
import type { LinkbackEvent, Mover } from '../linkback/event.ts';
import {
  isPublic,
  type Announcement,
  type Evidence,
  type Excerpt,
  type Linkback,
  type PageFacts,
} from '../linkback/linkback.ts';
import { type Signal } from '../linkback/signal.ts';
import { textKeyOf } from '../linkback/surroundings.ts';
import type { AnnouncementRow, EventRow, LinkbackRow } from './tables.ts';

/** The columns that change during a linkback's life. */
export function changingColumns(linkback: Linkback): Partial<LinkbackRow> {
  return {
    type: linkback.type,
    verification: linkback.verification,
    refusal: linkback.refusal,
    moderation: linkback.moderation,
    is_public: isPublic(linkback) ? 1 : 0,
    facts: jsonOrNull(linkback.facts),
    excerpt: jsonOrNull(linkback.excerpt),
    evidence: jsonOrNull(linkback.evidence),
    signals: linkback.signals.length === 0 ? null : JSON.stringify(linkback.signals),
    score: linkback.score,
    text_key: linkback.excerpt === null ? null : textKeyOf(linkback.excerpt),
    search_text: searchText(linkback),
    published_at: linkback.facts?.publishedAt ?? null,
    rsvp: linkback.facts?.rsvp ?? null,
    checked_at: linkback.checkedAt,
    verified_at: linkback.verifiedAt,
    updated_at: linkback.updatedAt,
  };
}

/** What a search in the moderation list looks through. */
export function searchText(linkback: Pick<Linkback, 'source' | 'target' | 'facts' | 'excerpt'>): string {
  const { source, target, facts, excerpt } = linkback;
  const words = [
    source,
    target,
    facts?.title,
    facts?.author.name,
    // One line, so that words on both sides of the link's edge are found together.
    excerpt === null ? null : excerpt.before + excerpt.link + excerpt.after,
  ];
  return words
    .filter((each) => each !== undefined && each !== null)
    .join(' ')
    .toLowerCase();
}

export function decodeLinkback(row: LinkbackRow, announcements: readonly AnnouncementRow[]): Linkback {
  return {
    id: row.id,
    site: row.site,
    type: row.type,
    protocol: row.protocol,
    announcements: announcements.map(decodeAnnouncement),
    source: row.source,
    sourceHost: row.source_host,
    target: row.target,
    fragment: row.fragment,
    verification: row.verification,
    refusal: row.refusal,
    moderation: row.moderation,
    facts: parsed(row.facts) as PageFacts | null,
    excerpt: parsed(row.excerpt) as Excerpt | null,
    evidence: parsed(row.evidence) as Evidence | null,
    signals: (parsed(row.signals) ?? []) as readonly Signal[],
    score: row.score,
    receivedAt: row.received_at,
    checkedAt: row.checked_at,
    verifiedAt: row.verified_at,
    updatedAt: row.updated_at,
  };
}

function decodeAnnouncement(row: AnnouncementRow): Announcement {
  return {
    dialect: row.dialect,
    source: row.source,
    target: row.target,
    statusId: row.status_id,
    held: row.held === 1,
    claims: parsed(row.claims) as Claims | null,
    vouch: row.vouch,
    senderIp: row.sender_ip,
    firstAt: row.first_at,
    lastAt: row.last_at,
  };
}

export function encodeEvent(event: LinkbackEvent, id: string, linkbackId: string): Insertable<EventRow> {
  return {
    id,
    linkback_id: linkbackId,
    at: event.at,
    machine: event.machine,
    mover: event.by.kind,
    mover_name: 'name' in event.by ? event.by.name : null,
    from_state: event.from,
    to_state: event.to,
    why: event.why,
  };
}

export function decodeEvent(row: EventRow): LinkbackEvent {
  const { mover: kind, mover_name: name } = row;
  const by: Mover = kind === 'look' || kind === 'signals' ? { kind } : { kind, name: name ?? '' };
  // The table's check holds the two machines apart; here text becomes the typed union.
  return {
    at: row.at,
    by,
    why: row.why,
    machine: row.machine,
    from: row.from_state,
    to: row.to_state,
  } as LinkbackEvent;
}

/** What we wrote ourselves: the checks and the encoder above are its schema. */
function parsed(text: string | null): unknown {
  return text === null ? null : JSON.parse(text);
}

export function jsonOrNull(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}
