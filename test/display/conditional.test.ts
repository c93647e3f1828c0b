import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { safeJson } from '../../src/display/conditional.ts';
import { escapeHtml, html } from '../../src/display/html.ts';

describe('safeJson', () => {
  it('is the same value as plain JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(safeJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { seed: 11, numRuns: 1000 },
    );
  });

  it('holds nothing that could end a script element, begin a comment or break a line of JavaScript', () => {
    const worst = '</script><!-- ]]> & \u2028 \u2029 <script>';
    const json = safeJson({ [worst]: worst });
    expect(json).not.toMatch(/[<>&\u2028\u2029]/u);
    expect(JSON.parse(json)).toEqual({ [worst]: worst });
  });
});

describe('html', () => {
  it('escapes what is inserted, once, whatever it is', () => {
    const text = `<b a="1" b='2'>&amp;</b>`;
    expect(html`<p title="${text}">${text}</p>`.html).toBe(
      '<p title="&lt;b a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;amp;&lt;/b&gt;">' +
        '&lt;b a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;amp;&lt;/b&gt;</p>',
    );
  });

  it('leaves alone what is HTML already, and joins lists of it', () => {
    const items = ['a', '<b>'].map((each) => html`<li>${each}</li>`);
    expect(html`<ul>${items}</ul>${null}${7}`.html).toBe('<ul><li>a</li><li>&lt;b&gt;</li></ul>7');
  });

  it('never lets a character through that means something in HTML', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(escapeHtml(text).replace(/&(?:amp|lt|gt|quot|#39);/gu, '')).not.toMatch(/[<>&"']/u);
      }),
      { seed: 12, numRuns: 1000 },
    );
  });
});
