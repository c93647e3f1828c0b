/** The element that shows the linkbacks of a page inside of any other page. */
customElements.define('link-backs', class extends HTMLElement {});
