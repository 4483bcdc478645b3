-- Kept beside the tables of a test database: brings it back to what the migrations made of it.
CREATE SCHEMA pristine;

DO $$
DECLARE
  name text;
  looks text;
BEGIN
  -- One statement over all tables takes half the time of one for each.
  SELECT string_agg(format('SELECT %1$L WHERE EXISTS (SELECT FROM public.%1$I)', tablename), ' UNION ALL ') INTO looks
  FROM pg_tables WHERE schemaname = 'public';
  EXECUTE format('CREATE FUNCTION pristine.used() RETURNS SETOF text LANGUAGE sql AS %L', looks);
  FOR name IN SELECT pristine.used() LOOP
    EXECUTE format('CREATE TABLE pristine.%1$I AS TABLE public.%1$I', name);
  END LOOP;
END $$;

CREATE FUNCTION pristine.shape() RETURNS text LANGUAGE sql AS $$
  SELECT md5(string_agg(line, E'\n' ORDER BY line)) FROM (
    SELECT format('%s %s %s %s', c.relname, c.relkind, a.attname, a.atttypid) AS line
    FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = 'public'::regnamespace
    UNION ALL SELECT format('%s %s', t.tgrelid::regclass, t.tgname) FROM pg_trigger t
    UNION ALL SELECT format('%s %s', k.conrelid::regclass, k.conname) FROM pg_constraint k
    WHERE k.connamespace = 'public'::regnamespace
    UNION ALL SELECT format('%s', p.oid) FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
  ) lines
$$;

CREATE TABLE pristine.fingerprint AS SELECT pristine.shape() AS shape;

-- True when the tables are as new; false when a test changed their shape, and then the database is of no further use.
CREATE FUNCTION pristine.reset() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  item record;
  name text;
BEGIN
  IF pristine.shape() <> (SELECT shape FROM pristine.fingerprint) THEN
    RETURN false;
  END IF;
  SET LOCAL session_replication_role = replica;
  FOR name IN SELECT pristine.used() LOOP
    EXECUTE format('DELETE FROM public.%I', name);
  END LOOP;
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'pristine' AND tablename <> 'fingerprint' LOOP
    EXECUTE format('INSERT INTO public.%1$I OVERRIDING SYSTEM VALUE SELECT * FROM pristine.%1$I', name);
  END LOOP;
  FOR item IN SELECT sequencename AS name, start_value FROM pg_sequences
              WHERE schemaname = 'public' AND last_value IS NOT NULL LOOP
    PERFORM setval(format('public.%I', item.name)::regclass, item.start_value, false);
  END LOOP;
  RETURN true;
END $$;

-- Keeps what all tables hold now, for `bring`: a statement for each table and each sequence.
CREATE FUNCTION pristine.keep(point text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  place text := 'kept_' || point;
  name text;
BEGIN
  EXECUTE format('CREATE SCHEMA %I', place);
  EXECUTE format('CREATE TABLE %I.statement (place serial, says text)', place);
  FOR name IN SELECT pristine.used() LOOP
    EXECUTE format('CREATE TABLE %I.%I AS TABLE public.%I', place, 'of_' || name, name);
    EXECUTE format('INSERT INTO %I.statement (says) VALUES ($1)', place) USING (
      SELECT format('DELETE FROM public.%2$I; INSERT INTO public.%2$I (%3$s) OVERRIDING SYSTEM VALUE SELECT %3$s FROM %1$I.%4$I',
                    place, name, string_agg(quote_ident(attname), ', ' ORDER BY attnum), 'of_' || name)
      FROM pg_attribute
      WHERE attrelid = format('public.%I', name)::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '');
  END LOOP;
  EXECUTE format('INSERT INTO %I.statement (says) SELECT format(''SELECT setval(%%L, %%s)'', format(''public.%%I'', sequencename), last_value)
                  FROM pg_sequences WHERE schemaname = ''public'' AND last_value IS NOT NULL', place);
END $$;

-- True when the tables hold again what was kept under that name; false when nothing was.
CREATE FUNCTION pristine.bring(point text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  statement text;
BEGIN
  IF to_regnamespace(quote_ident('kept_' || point)) IS NULL THEN
    RETURN false;
  END IF;
  SET LOCAL session_replication_role = replica;
  FOR statement IN EXECUTE format('SELECT says FROM %I.statement ORDER BY place', 'kept_' || point) LOOP
    EXECUTE statement;
  END LOOP;
  RETURN true;
END $$;
