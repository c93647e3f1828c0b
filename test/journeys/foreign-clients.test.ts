import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linkingPage } from '../support/linking-page.ts';
import { startService, type Service } from '../support/service.ts';
import { startWeb, type Web } from '../support/web.ts';

// Spec: XML-RPC (1999/2003); Pingback 1.0 sections 2 and 3. Other people's clients are the judges.

type Client = {
  readonly name: string;
  readonly command: string;
  /** Ends well when the program and its library are there. */
  readonly check: readonly string[];
  readonly script: string;
};

const clients: readonly Client[] = [
  {
    name: "Python's xmlrpc.client",
    command: 'python3',
    check: ['-c', 'import xmlrpc.client'],
    script: 'client.py',
  },
  {
    name: "PHP's xmlrpc extension",
    command: 'php',
    check: ['-r', 'exit((int)!extension_loaded("xmlrpc"));'],
    script: 'client.php',
  },
  { name: "Perl's XMLRPC::Lite", command: 'perl', check: ['-MXMLRPC::Lite', '-e1'], script: 'client.pl' },
  { name: "Ruby's xmlrpc/client", command: 'ruby', check: ['-rxmlrpc/client', '-e1'], script: 'client.rb' },
];

const mayNotSkip = process.env['LINKBACKD_NO_SKIPS'] === '1';

function isMissing({ name, command, check }: Client): boolean {
  if (mayNotSkip || spawnSync(command, check).status === 0) return false;
  console.warn(`SKIPPED: ${name} is not installed; .ci/run installs it.`);
  return true;
}

const run = promisify(execFile);

let web: Web;
let service: Service;

beforeAll(async () => {
  web = await startWeb();
  service = await startService({ env: { SITES: `blog=http://${web.host}/blog/`, POLICY: 'approve-all' } });
});

afterAll(async () => {
  await service.close();
  await web.close();
});

describe.concurrent.each(clients.map((client) => ({ ...client, missing: isMissing(client) })))(
  '$name',
  ({ command, script, missing }) => {
    it.skipIf(missing)('calls every method, and understands every answer', async () => {
      const target = web.url(`/blog/${script}?x=1&y=2`);
      const source = web.url(`/from/${script}?a=1&b=<ü>`);
      web.page(`/blog/${script}`, 'Ours');
      web.page(`/from/${script}`, linkingPage(target));
      const file = fileURLToPath(new URL(`../support/clients/${script}`, import.meta.url));
      const { stdout } = await run(command, [file, `${service.url}/blog/xmlrpc?lang=en`, source, target]);
      expect(JSON.parse(stdout)).toEqual({
        methods: [
          'pingback.ping',
          'pingback.extensions.getPingbacks',
          'system.listMethods',
          'system.getCapabilities',
        ],
        capabilities: {
          xmlrpc: { specUrl: 'http://www.xmlrpc.com/spec', specVersion: 1 },
          faults_interop: {
            specUrl: 'http://xmlrpc-epi.sourceforge.net/specs/rfc.fault_codes.php',
            specVersion: 20010516,
          },
          pingback: { specUrl: 'https://www.hixie.ch/specs/pingback/pingback-1.0', specVersion: 1 },
        },
        ping: expect.stringMatching(
          /^The pingback is verified and registered\. Its status: http:\/\/127\.0\.0\.1:\d+\/status\/[\w-]{22}$/u,
        ),
        again: { code: 48, text: 'The pingback is registered already.' },
        foreign: { code: 33, text: 'The target cannot be used as a target: it takes no pingbacks here.' },
        unknown: { code: -32601, text: 'There is no such method here.' },
        pingbacks: [new URL(source).href],
      });
    });
  },
);
