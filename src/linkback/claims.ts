/** What a TrackBack says about its own page: kept as claims, and shown only where the page says nothing. */
export type Claims = {
  readonly title: string;
  readonly excerpt: string;
  readonly blogName: string;
  /**
   * The same in base64, when their charset had to be guessed: the page they speak of may tell which one it is.
   */
  readonly bytes: { readonly title: string; readonly excerpt: string; readonly blogName: string } | null;
};
