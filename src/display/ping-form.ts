import { html, type Html } from './html.ts';
import { page, stylePath } from './page.ts';

/** What a person has filled in, and what is wrong with it. */
export type FilledForm = {
  readonly wrong?: string;
  /** Whether there is to be a page that vouches for the source. */
  readonly wantsVouch?: boolean;
  readonly source?: string;
  readonly target?: string;
  readonly vouch?: string;
};

/**
 * A page on which a person tells of a page of theirs: the Webmention endpoint's form.
 *
 * It sends to the last segment of every such endpoint's address: nothing that a caller has written gets into it.
 *
 * Spec: Webmention 3.1.3 leaves the form to the receiver.
 */
export function pingFormPage(form: FilledForm, baseUrl: string): string {
  const { source = '', target = '' } = form;
  const body = html`<main>
<h1>Have you written about a page here?</h1>
<p class="about">Tell its owner. Your page will be read, and must link to the other one.</p>
${problemOf(form)}<form method="post" action="webmention">
<p><label for="source">The address of your page</label>
<input id="source" name="source" type="url" required maxlength="2048" autocomplete="url" value="${source}"></p>
<p><label for="target">The address of the page it links to</label>
<input id="target" name="target" type="url" required maxlength="2048" value="${target}"></p>
${vouchOf(form)}<p><button>Tell them</button></p>
</form>
</main>`;
  return page('Tell of a link', body, { stylesheet: `${baseUrl}${stylePath}` });
}

function problemOf({ wrong, wantsVouch = false }: FilledForm): Html {
  if (wantsVouch) {
    return html`<p class="state queued" role="alert"><strong>One more thing</strong> The owner here does not know your site yet. Name a page on a site that they do know, which links to a page of your site.</p>\n`;
  }
  if (wrong === undefined) return html``;
  return html`<p class="state refused" role="alert"><strong>That did not work</strong> ${wrong}</p>\n`;
}

/** Only who is asked for it sees it, or who has filled it in already. */
function vouchOf({ wantsVouch = false, vouch = '' }: FilledForm): Html {
  if (!wantsVouch && vouch === '') return html``;
  return html`<p><label for="vouch">The address of a page that links to your site</label>
<input id="vouch" name="vouch" type="url" required maxlength="2048" value="${vouch}"></p>\n`;
}
