/** XML-RPC as a stranger would write and read it: nothing here is shared with the program under test. */

export type Called = {
  readonly status: number;
  readonly headers: Headers;
  readonly xml: string;
  /** The one string, the strings of an array, or `fault CODE: TEXT`. */
  readonly says: string;
  readonly strings: readonly string[];
  readonly faultCode: number | undefined;
  readonly elapsedMs: number;
};

export function callXml(method: string, params: readonly string[]): string {
  const values = params.map((each) => `<param><value><string>${escapeXml(each)}</string></value></param>`);
  return `<?xml version="1.0"?>\n<methodCall><methodName>${method}</methodName><params>${values.join('')}</params></methodCall>`;
}

/** Posts a message and reads the answer, well-formed or not. */
export async function post(
  endpoint: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = { 'content-type': 'text/xml' },
): Promise<Called> {
  const began = performance.now();
  const response = await fetch(endpoint, { method: 'POST', headers, body });
  const xml = await response.text();
  const elapsedMs = performance.now() - began;
  return { status: response.status, headers: response.headers, elapsedMs, ...readXml(xml) };
}

/** Calls a method whose parameters are all strings. */
export function callMethod(endpoint: string, method: string, ...params: string[]): Promise<Called> {
  return post(endpoint, callXml(method, params));
}

export function readXml(xml: string): Pick<Called, 'xml' | 'says' | 'strings' | 'faultCode'> {
  const strings = [...xml.matchAll(/<string>([\s\S]*?)<\/string>/gu)].map(([, text = '']) =>
    unescapeXml(text),
  );
  const faultCode = xml.includes('<fault>') ? Number(/<int>(-?\d+)<\/int>/u.exec(xml)?.[1]) : undefined;
  const text = strings.join('\n');
  return { xml, strings, faultCode, says: faultCode === undefined ? text : `fault ${faultCode}: ${text}` };
}

export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function unescapeXml(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
}
