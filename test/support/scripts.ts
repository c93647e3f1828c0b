/** Ways out of the place where a text stands: of an element, an attribute, a comment, a script or a style. */
const waysOut = [
  '',
  '">',
  "'>",
  '</title>',
  '</textarea>',
  '</script>',
  '-->',
  ']]>',
  '</p></li></ol>',
  '\u2028"',
] as const;

/** What runs a script in a page that takes it for markup. */
const running = [
  '<script>window.ran=1</script>',
  '<img src=x onerror=window.ran=1>',
  '<svg onload=window.ran=1>',
  '<svg><script href="data:,window.ran=1"></script></svg>',
  '<body onpageshow=window.ran=1>',
  '<iframe srcdoc="<script>parent.ran=1</script>"></iframe>',
  '<details open ontoggle=window.ran=1>',
  '<math><mi xlink:href="javascript:window.ran=1">x</mi></math>',
  '<a href="javascript:window.ran=1" autofocus onfocus=window.ran=1>x</a>',
  '<video><source onerror=window.ran=1></video>',
  '<object data="javascript:window.ran=1"></object>',
  '<form><button formaction="javascript:window.ran=1" autofocus>x</button></form>',
  '<style>@import"javascript:window.ran=1";</style>',
] as const;

/** Texts that become markup when they are decoded once too often, or by the wrong rules. */
const disguised = [
  '&lt;script&gt;window.ran=1&lt;/script&gt;',
  '&amp;lt;img src=x onerror=window.ran=1&amp;gt;',
  '&#60;img src=x onerror=window.ran=1&#62;',
  '&#x3C;svg onload=window.ran=1&#x3E;',
  '\\u003cscript\\u003ewindow.ran=1\\u003c/script\\u003e',
  '\\x3cimg src=x onerror=window.ran=1\\x3e',
  '%3Cscript%3Ewindow.ran=1%3C/script%3E',
  '+ADw-script+AD4-window.ran=1+ADw-/script+AD4-',
  '＜script＞window.ran=1＜/script＞',
  '‹img src=x onerror=window.ran=1›',
  '<scr<script>ipt>window.ran=1</scr</script>ipt>',
  '<ScRiPt x>window.ran=1</sCrIpT >',
  '<img/src="x"/onerror=window.ran=1//',
  '<<img src=x onerror=window.ran=1>',
  '{{constructor.constructor("window.ran=1")()}}',
  '${window.ran=1}',
  '" onmouseover="window.ran=1',
  "' onmouseover='window.ran=1",
  '` onmouseover=window.ran=1 x=`',
  'x" style="animation-name:x" onanimationstart="window.ran=1',
  '<!--><script>window.ran=1</script>-->',
  '<![CDATA[<script>window.ran=1</script>]]>',
  '<?xml-stylesheet href="javascript:window.ran=1"?>',
  '<!ENTITY x "<script>window.ran=1</script>">',
] as const;

/** Well over a hundred and fifty texts that are harmless as text, and run a script where they are taken for more. */
export const scriptTexts: readonly string[] = [
  ...waysOut.flatMap((out) => running.map((script) => `${out}${script}`)),
  ...disguised,
];

/** Addresses that run a script where they are followed or shown. */
export const scriptAddresses: readonly string[] = [
  'javascript:window.ran=1',
  'JaVaScRiPt:window.ran=1',
  ' javascript:window.ran=1',
  'java\tscript:window.ran=1',
  'javascript\n:window.ran=1',
  '\u0001javascript:window.ran=1',
  'javascript&colon;window.ran=1',
  'data:text/html,<script>window.ran=1</script>',
  'vbscript:window.ran=1',
  'blob:https://source.example/1',
  'file:///etc/passwd',
  'about:srcdoc',
  '//source.example/" onclick="window.ran=1',
  'https://source.example/"><script>window.ran=1</script>',
  "https://source.example/'onclick='window.ran=1",
];
