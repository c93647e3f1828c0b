/** What the tests use of a package that comes without types. */
declare module '@chrisburnell/eleventy-cache-webmentions' {
  export type Options = {
    readonly domain: string;
    readonly feed: string;
    /** The field of the answer that holds the list. */
    readonly key: string;
    readonly uniqueKey: string;
    readonly cacheDirectory: string;
    /** How old the cache may be: `0s` has every call ask for what is new. */
    readonly duration: string;
    readonly paginate?: boolean;
  };
  export type Webmention = Readonly<Record<string, unknown>> & { readonly contentSanitized?: string };

  export const defaults: object;
  export const retrieveWebmentions: (options: object) => Promise<readonly Webmention[]>;
  export const getWebmentions: (
    options: object,
    url: string,
    types?: string | readonly string[],
  ) => Promise<readonly Webmention[]>;
  export const getSource: (webmention: Webmention) => string;
  export const getTarget: (webmention: Webmention) => string;
  export const getType: (webmention: Webmention) => string;
  export const getPublished: (webmention: Webmention) => string;
  export const getContent: (webmention: Webmention) => string;
}
