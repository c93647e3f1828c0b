import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostilePages } from '../test/support/hostile-pages.ts';

/** A process that serves hostile pages of a given size, and our own post; says its port on standard output. */
const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const shape = hostilePages.find(({ name }) => name === url.searchParams.get('shape'));
  const target = url.searchParams.get('target') ?? '';
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
  response.end(
    shape?.make(Number(url.searchParams.get('bytes')), `<a href="${target}">a link</a>`) ?? 'ours',
  );
});
server.listen(0, '127.0.0.1', () => {
  console.log((server.address() as AddressInfo).port);
});
process.on('disconnect', () => process.exit());
