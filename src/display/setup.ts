import type { FastifyInstance, FastifyReply } from 'fastify';
import { Type, type Static } from 'typebox';
import { parsePageUrl } from '../linkback/page-url.ts';
import { problem, problemType } from '../linkback/problem.ts';
import { findSite, type Site } from '../linkback/site.ts';
import { answers, asItIs, jsonOf, reading, textOf } from './described.ts';
import { escapeHtml, html, type Html } from './html.ts';
import { page, stylePath } from './page.ts';
import { safeJson } from './conditional.ts';

export type SetupOptions = {
  readonly sites: () => readonly Site[];
  readonly baseUrl: () => string;
};

/** What a page says so that senders of each dialect find us. */
export type Setup = {
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  /** For the head of the page, one element a line. */
  readonly elements: string;
  /** TrackBack's block for the body; senders read it inside of the comment. */
  readonly rdf: string;
  /** Where the page's list of linkbacks is to be had, for an include. */
  readonly list: string;
  /** The list as an element that keeps itself up to date, with a link for browsers without scripts. */
  readonly widget: string;
};

/**
 * Tells what to paste into a page of a site.
 *
 * Spec: Pingback 1.0 section 2; Webmention 3.1.2; TrackBack 1.2, autodiscovery.
 */
export function setupOf(site: Site, target: URL, title: string, baseUrl: string): Setup {
  const pingback = `${baseUrl}/${site.slug}/xmlrpc`;
  const webmention = `${baseUrl}/${site.slug}/webmention`;
  return {
    target: target.href,
    headers: { 'X-Pingback': pingback, Link: `<${webmention}>; rel="webmention"` },
    // The two byte forms that Pingback allows; the address holds no character that would need a reference.
    elements: `<link rel="pingback" href="${pingback}">\n<link rel="webmention" href="${webmention}">`,
    rdf: rdfOf(target, title, `${baseUrl}/trackback/${site.slug}${target.pathname}${target.search}`),
    list: `${baseUrl}/linkbacks.html?target=${encodeURIComponent(target.href)}`,
    widget: widgetOf(target, baseUrl),
  };
}

function widgetOf({ href }: URL, baseUrl: string): string {
  const list = `${baseUrl}/linkbacks?target=${encodeURIComponent(href)}`;
  return html`<script src="${baseUrl}/widget.js" async></script>
<link-backs target="${href}" style="display: block; min-height: 8rem"><a href="${list}">Linkbacks</a></link-backs>`
    .html;
}

function rdfOf(target: URL, title: string, ping: string): string {
  // Two hyphens would end the comment.
  const attribute = (text: string): string => escapeHtml(text).replace(/--/gu, '&#45;&#45;');
  return `<!--
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
  xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns:trackback="http://madskills.com/public/xml/rss/module/trackback/">
<rdf:Description
  rdf:about="${attribute(target.href)}"
  dc:identifier="${attribute(target.href)}"
  dc:title="${attribute(title)}"
  trackback:ping="${attribute(ping)}" />
</rdf:RDF>
-->`;
}

const Query = Type.Object({
  target: Type.String({
    maxLength: 2048,
    description: 'A page of one of the sites here.',
    examples: ['https://blog.example/post'],
  }),
  title: Type.String({
    maxLength: 500,
    default: '',
    description: 'Its title, for TrackBack; its address when there is none.',
  }),
});

const SetupSchema = Type.Object({
  target: Type.String({ format: 'uri' }),
  headers: Type.Record(Type.String(), Type.String(), { description: 'To send with the page.' }),
  elements: Type.String({ description: 'For the head of the page.' }),
  rdf: Type.String({ description: 'For the body of the page: the comment that TrackBack software reads.' }),
  list: Type.String({ format: 'uri', description: 'Where the list is to be had, for an include.' }),
  widget: Type.String({ description: 'The list as an element that keeps itself up to date.' }),
});

const setupSchema = reading('getSetup', 'What to paste into a page', {
  querystring: Query,
  response: answers([jsonOf(SetupSchema, 'Ready to paste.')], [400, 404]),
});

const setupPageSchema = reading('getSetupPage', 'What to paste into a page, as a page', {
  querystring: Query,
  response: answers([textOf('text/html', 'A page for people.')], [400, 404]),
});

type Asked = { Querystring: Static<typeof Query> };

/** Serves `/setup?target=…` for people and `/api/setup?target=…` for programs. */
export function showSetup(app: FastifyInstance, options: SetupOptions, done: () => void): void {
  app.setSerializerCompiler(asItIs);
  const find = ({ target: text, title }: Asked['Querystring']): Setup | undefined => {
    const target = parsePageUrl(text);
    const site = target === undefined ? undefined : findSite(options.sites(), target);
    if (target === undefined || site === undefined) return undefined;
    return setupOf(site, target, title === '' ? target.href : title, options.baseUrl());
  };
  app.get<Asked>('/api/setup', { schema: setupSchema }, (request, reply) => {
    const setup = find(request.query);
    if (setup === undefined) return noSuchPage(reply);
    return reply.type('application/json; charset=utf-8').send(safeJson(setup));
  });
  app.get<Asked>('/setup', { schema: setupPageSchema }, (request, reply) => {
    const setup = find(request.query);
    if (setup === undefined) return noSuchPage(reply);
    const stylesheet = `${options.baseUrl()}${stylePath}`;
    reply.header('x-robots-tag', 'noindex').type('text/html; charset=utf-8');
    return reply.send(page('What to paste', setupBody(setup), { stylesheet }));
  });
  done();
}

function noSuchPage(reply: FastifyReply): FastifyReply {
  const detail = 'Name a page of one of the sites here by target=, an absolute http or https address.';
  return reply
    .code(404)
    .type(problemType)
    .send(JSON.stringify(problem(404, detail)));
}

function setupBody({ target, headers, elements, rdf, list, widget }: Setup): Html {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return html`<main>
<h1>What to paste</h1>
<p class="about">So that others can tell of links to <a href="${target}">${target}</a></p>
<h2>Headers</h2>
<p>WordPress looks for the first one before anything else, so send both with the answer to HEAD, too.</p>
<pre>${lines.join('\n')}</pre>
<h2>In the head</h2>
<pre>${elements}</pre>
<h2>In the body, for TrackBack</h2>
<p>A comment that TrackBack software reads, one for each entry of a page.</p>
<pre>${rdf}</pre>
<h2>The list, where the page has its comments</h2>
<p>An element that keeps itself up to date while somebody reads. Without scripts, there is the link.</p>
<pre>${widget}</pre>
<p>Or include what this address gives, on your server or when you build your site: it is a complete piece of HTML.</p>
<pre>${list}</pre>
</main>`;
}
