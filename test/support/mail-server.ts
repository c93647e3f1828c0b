/** A real mail server on loopback that keeps what it is given. */
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

/** What arrived, decoded. */
export type Letter = {
  readonly to: readonly string[];
  readonly user: string | null;
  readonly head: string;
  readonly text: string;
  readonly html: string;
};

export type MailServer = {
  /** As the setting SMTP_URL has it. */
  readonly url: string;
  readonly letters: () => readonly Letter[];
  /** How many letters were offered, taken or not. */
  readonly offered: () => number;
  /** Takes no letters from now on, with these words, or takes them again. */
  readonly refuse: (words: string | undefined) => void;
  readonly close: () => Promise<void>;
};

export type MailServerOptions = {
  /** Whom it lets in; without, everybody. */
  readonly user?: string;
  readonly password?: string;
};

export async function startMailServer({ user, password }: MailServerOptions = {}): Promise<MailServer> {
  const letters: Letter[] = [];
  let offered = 0;
  let refusal: string | undefined;
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', ...(user === undefined ? ['AUTH'] : [])],
    authOptional: user === undefined,
    allowInsecureAuth: true,
    onAuth: (auth, _session, done) => {
      const isRight = auth.username === user && auth.password === password;
      done(
        isRight ? null : new Error('Wrong name or password'),
        isRight ? { user: auth.username } : undefined,
      );
    },
    onMailFrom: (_address, _session, done) => {
      offered += 1;
      done(refusal === undefined ? null : new Error(refusal));
    },
    onData: (stream, session, done) => {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        const to = session.envelope.rcptTo.map(({ address }) => address);
        letters.push({ to, user: session.user ?? null, ...decodeLetter(Buffer.concat(parts).toString()) });
        done();
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  const name = user === undefined ? '' : `${encodeURIComponent(user)}:${encodeURIComponent(password ?? '')}@`;
  return {
    url: `smtp://${name}127.0.0.1:${port}`,
    letters: () => letters,
    offered: () => offered,
    refuse: (words) => (refusal = words),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function decodeLetter(raw: string): Pick<Letter, 'head' | 'text' | 'html'> {
  const [head, body] = split(raw);
  const boundary = /boundary="([^"]+)"/u.exec(head)?.[1] ?? '';
  const parts = body.split(`--${boundary}`).map((part) => split(part.trimStart()));
  const of = (type: string): string => {
    const found = parts.find(([partHead]) => partHead.includes(type));
    return found === undefined ? '' : decodePart(...found);
  };
  return { head: head.replace(/\r\n[ \t]+/gu, ' '), text: of('text/plain'), html: of('text/html') };
}

function split(text: string): readonly [string, string] {
  const at = text.indexOf('\r\n\r\n');
  return [text.slice(0, at), text.slice(at + 4)];
}

function decodePart(head: string, body: string): string {
  if (/base64/iu.test(head)) return Buffer.from(body, 'base64').toString();
  if (!/quoted-printable/iu.test(head)) return body.replaceAll('\r\n', '\n');
  const bytes = body
    .replace(/=\r\n/gu, '')
    .replaceAll('\r\n', '\n')
    .replace(/=([0-9A-F]{2})/gu, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}
