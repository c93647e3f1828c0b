import type { Transporter } from 'nodemailer';
import type { DigestSettings } from './digest-settings.ts';

/** For each step of a conversation with the mail server, in milliseconds. */
const mailTimeoutMs = 10_000;

export type Mail = { readonly subject: string; readonly text: string; readonly html: string };

/** Hands a mail to the mail server. Throws when it does not take it; what it says then holds no password. */
export type SendMail = (mail: Mail) => Promise<void>;

/**
 * Makes the way to the owner's mailbox.
 *
 * A password goes over TLS only, except to a server on this very machine.
 *
 * Limits: {@link mailTimeoutMs} for each step.
 */
export function makeSendMail({
  smtpUrl,
  from,
  to,
}: Pick<DigestSettings, 'smtpUrl' | 'from' | 'to'>): SendMail {
  const host = smtpUrl.hostname.replace(/^\[(.*)\]$/u, '$1');
  const secure = smtpUrl.protocol === 'smtps:';
  const user = decodeURIComponent(smtpUrl.username);
  const pass = decodeURIComponent(smtpUrl.password);
  const settings = {
    host,
    port: Number(smtpUrl.port) || (secure ? 465 : 587),
    secure,
    ...(user === '' ? {} : { auth: { user, pass } }),
    requireTLS: user !== '' && !secure && !isThisMachine(host),
    dnsTimeout: mailTimeoutMs,
    connectionTimeout: mailTimeoutMs,
    greetingTimeout: mailTimeoutMs,
    socketTimeout: mailTimeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
  let made: Promise<Transporter> | undefined;
  // Loaded with the first mail: most services send none.
  const transport = (): Promise<Transporter> =>
    (made ??= import('nodemailer').then(({ createTransport }) => createTransport(settings)));
  return async ({ subject, text, html }) => {
    // Says to other programs that nobody waits for their answer. Spec: RFC 3834 section 5.
    const headers = { 'Auto-Submitted': 'auto-generated' };
    await (await transport()).sendMail({ from, to: [...to], subject, text, html, headers });
  };
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
