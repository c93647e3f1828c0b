-- What a search reads instead of whole rows. docs/adr/0012-search.md says why this is all there is.
CREATE INDEX linkback_by_search_text ON linkback (id, search_text);
