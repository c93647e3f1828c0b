/** How often what waits is told of by e-mail. */
export const digestPeriods = ['daily', 'weekly'] as const;
export type DigestPeriod = (typeof digestPeriods)[number];

export type DigestSettings = {
  readonly every: DigestPeriod;
  /** From which hour of the day on, in UTC. */
  readonly hour: number;
  readonly to: readonly string[];
  readonly from: string;
  /** Holds a password, perhaps. */
  readonly smtpUrl: URL;
};

/** Reads an e-mail address, or a name with an address in angle brackets. Throws a sentence that says what is right. */
export function readMailAddress(text: string): string {
  const isAddress =
    /^(?:[^<>@,\p{Cc}]{1,100} <[^\s<>@,\p{Cc}]{1,64}@[^\s<>@,\p{Cc}]{1,255}>|[^\s<>@,\p{Cc}]{1,64}@[^\s<>@,\p{Cc}]{1,255})$/u;
  if (isAddress.test(text)) return text;
  throw new Error(`"${text}" is no e-mail address, such as me@blog.example`);
}

/** Reads the address of a mail server. Throws a sentence that says what is right, and not what was written. */
export function readMailServer(text: string): URL {
  const url = URL.parse(text);
  if (url !== null && /^smtps?:$/u.test(url.protocol) && url.hostname !== '' && isEncoded(url)) return url;
  throw new Error(
    'must be smtp:// or smtps:// and the name of a server (its value is not shown here, for it may hold a password)',
  );
}

/** A percent sign that is meant as such is written %25, also in a password. */
function isEncoded({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username);
    decodeURIComponent(password);
    return true;
  } catch {
    return false;
  }
}
