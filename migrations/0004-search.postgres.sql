-- Texts compare by their bytes, as on SQLite and whatever the database's own collation: ids are in the order in which
-- they were made, and hosts below a host are one range.
DO $$
DECLARE found RECORD;
BEGIN
  FOR found IN
    SELECT table_name, string_agg(format('ALTER COLUMN %I TYPE TEXT COLLATE "C"', column_name), ', ') AS changes
    FROM information_schema.columns
    WHERE table_schema = current_schema() AND data_type = 'text' AND table_name <> 'migration'
    GROUP BY table_name
  LOOP
    EXECUTE format('ALTER TABLE %I %s', found.table_name, found.changes);
  END LOOP;
END $$;

-- A search is for any part of a word. Where the extension may not be had it reads the rows, which is slow, but right.
DO $$
BEGIN
  CREATE EXTENSION IF NOT EXISTS pg_trgm;
  CREATE INDEX linkback_by_search_text ON linkback USING gin (search_text gin_trgm_ops);
EXCEPTION
  WHEN insufficient_privilege OR undefined_file OR feature_not_supported OR undefined_object THEN
    RAISE NOTICE 'pg_trgm is not to be had: searching the moderation list will be slow';
END $$;
