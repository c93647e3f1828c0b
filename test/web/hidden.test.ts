import { describe, expect, it } from 'vitest';
import { hides } from '../../src/web/hidden.ts';
import { scanHtml } from '../../src/web/scan.ts';

const target = 'https://blog.example/post';

const scan = (html: string): ReturnType<typeof scanHtml> =>
  scanHtml(html, {
    url: new URL('https://source.example/a'),
    isWanted: (href) => href.href === target,
    isEnough: () => false,
  });

describe('an element that hides', () => {
  it.each([
    'display:none',
    'color: red; DISPLAY : none',
    'visibility: hidden',
    'opacity:0',
    'font-size: 0px',
    'position:absolute; left:-9999px',
    'text-indent:-5000em',
    'max-height:0;overflow:hidden',
  ])('says so by its style: %s', (style) => {
    expect(hides({ style })).toBe(true);
  });

  it.each([
    'display:block',
    'opacity:0.5',
    'font-size:0.8em',
    'left:-5px',
    'background:url(display:none.png)',
    '',
  ])('is not one whose style is %s', (style) => {
    expect(hides({ style })).toBe(false);
  });

  it('says so by its attribute, and by none that is for machines only', () => {
    expect(hides({ hidden: '' })).toBe(true);
    expect(hides({ 'aria-hidden': 'true' })).toBe(false);
  });

  it('hides the links within, to its end and no further', () => {
    const link = `<a href="${target}">x</a>`;
    const { links } = scan(`<p>${link}<div style="display:none"><p>${link}</div><p>${link}`);
    expect(links.map(({ isHidden }) => isHidden)).toEqual([false, true, false]);
  });
});

describe('links to other hosts', () => {
  it('are counted as far as the page is read; its own are not', () => {
    const { outboundLinks } = scan(
      `<a href="/b">own</a><a href="https://source.example/c">own</a><a href="${target}">1</a>` +
        '<a href="http://other.example/">2</a><a href="mailto:a@b.example">no</a><img src="https://cdn.example/i.png">',
    );
    expect(outboundLinks).toBe(2);
  });
});
