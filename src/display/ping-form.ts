import { html } from './html.ts';
import { page, stylePath } from './page.ts';

/** What a person sent, and what is wrong with it. */
export type FilledForm = {
  readonly wrong?: string | undefined;
  readonly source?: string | undefined;
  readonly target?: string | undefined;
};

/**
 * A page on which a person tells of a page of theirs: the Webmention endpoint's form.
 *
 * It sends to the last segment of every such endpoint's address: nothing that a caller has written gets into it.
 *
 * Spec: Webmention 3.1.3 leaves the form to the receiver.
 */
export function pingFormPage({ wrong, source = '', target = '' }: FilledForm, baseUrl: string): string {
  const problem =
    wrong === undefined
      ? html``
      : html`<p class="state refused" role="alert"><strong>That did not work</strong> ${wrong}</p>\n`;
  const body = html`<main>
<h1>Have you written about a page here?</h1>
<p class="about">Tell its owner. Your page will be read, and must link to the other one.</p>
${problem}<form method="post" action="webmention">
<p><label for="source">The address of your page</label>
<input id="source" name="source" type="url" required maxlength="2048" autocomplete="url" value="${source}"></p>
<p><label for="target">The address of the page it links to</label>
<input id="target" name="target" type="url" required maxlength="2048" value="${target}"></p>
<p><button>Tell them</button></p>
</form>
</main>`;
  return page('Tell of a link', body, { stylesheet: `${baseUrl}${stylePath}` });
}
