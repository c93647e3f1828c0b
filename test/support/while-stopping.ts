import { formType } from './forms.ts';
import { openRaw, type RawAnswer } from './raw-http.ts';
import type { Service } from './service.ts';
import { waitUntil } from './wait.ts';

/** Begins to send a form, stops the service in the middle of it, and gives what the rest of it is answered. */
export async function postWhileStopping(service: Service, path: string, body: string): Promise<RawAnswer> {
  const connection = await openRaw(new URL(service.url).host);
  const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: ${formType}\r\nContent-Length: ${body.length}`;
  connection.write(`${head}\r\n\r\n${body.slice(0, 5)}`);
  // Another request's answer says that this one has come in.
  await waitUntil(async () => (await service.get('/healthz')).ok);
  const ended = service.end('SIGTERM');
  await waitUntil(() => refusesConnections(service.url), { what: 'the service takes nobody new' });
  connection.write(body.slice(5));
  const answer = await connection.answer();
  const code = await ended;
  if (code !== 0) throw new Error(`the service ended with ${code}`);
  return answer;
}

async function refusesConnections(url: string): Promise<boolean> {
  try {
    await fetch(`${url}/healthz`, { headers: { connection: 'close' } });
    return false;
  } catch {
    return true;
  }
}
