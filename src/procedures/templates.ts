/** Handlebars templates of what a project is compiled to. Values are strings that are SQL already; nothing is escaped here. */

const HEAD = `-- {{title}}
-- Made from this project's definitions by dataform compile --procedures: change those, this text is written anew.
CREATE OR REPLACE PROCEDURE {{name}}({{parameters}})
COPY GRANTS
RETURNS VARCHAR
LANGUAGE SQL
COMMENT = {{comment}}
EXECUTE AS OWNER
AS
{{open}}`

/** Reads the manifests that the copies of a procedure follow. */
const MANIFESTS = `{{#each manifests}}

  -- {{file}}: the files that may be read. It is read once, so that all tables follow the same publication.
  step := {{label}};
  DELETE FROM {{table}};
  COPY INTO {{table}}
  FROM {{location}}
  FILE_FORMAT = (TYPE = JSON)
  FORCE = TRUE;
  SELECT COUNT(*) INTO :unreadable FROM {{table}} WHERE NOT COALESCE(IS_ARRAY(content:files), FALSE);
  IF (unreadable > 0) THEN
    detail := {{complaint}};
    RAISE manifest_is_no_list;
  END IF;
{{/each}}
{{#if copies}}

  -- Of these, the files whose rows no load has used up. Our own history tells: Snowflake's lasts 64 days.
  DELETE FROM {{offered}} WHERE relation IN ({{copyKeys}});
{{/if}}
{{#each copies}}
  INSERT INTO {{../offered}} (relation, file, size_bytes, row_count)
  SELECT o.relation, o.file, o.size_bytes, o.row_count
  FROM (
    SELECT {{key}} AS relation, f.value:path::VARCHAR AS file, COALESCE(f.value:bytes::NUMBER, 0) AS size_bytes, f.value:rows::NUMBER AS row_count
    FROM {{manifest}} m, LATERAL FLATTEN(INPUT => m.content:files) f
  ) o
  LEFT JOIN {{../history}} h ON h.relation = o.relation AND h.file = o.file AND h.consumed
  WHERE h.file IS NULL AND STARTSWITH(o.file, {{prefix}}){{narrowed}};
{{/each}}
{{#if waits}}
  SELECT COUNT(*) INTO :offered FROM {{offered}} WHERE relation IN ({{copyKeys}});
  IF (offered = 0) THEN
    -- Upstream is late, or everything was loaded: a success that changes nothing.
    INSERT INTO {{runs}} (run_id, procedure, status, started_at, ended_at, row_count)
    SELECT :run, {{label}}, 'WAITING', :started, SYSDATE(), 0;
    COMMIT;
    RETURN 'WAITING';
  END IF;
{{/if}}`

const COPY = `  SELECT COUNT(*), COUNT(h.file) INTO :offered, :known
  FROM {{offered}} o LEFT JOIN {{history}} h ON h.relation = o.relation AND h.file = o.file
  WHERE o.relation = {{key}};
  SELECT COUNT(*) INTO :existing FROM (SELECT 1 AS one FROM {{table}} LIMIT 1);
  -- Files that are loaded and not used up yet are there already, unless the table was made anew.
  IF (offered > known OR (offered > 0 AND existing = 0)) THEN
    DELETE FROM {{table}};
    LET batches RESULTSET := (
      SELECT LISTAGG('''' || REPLACE(b.name, '''', '''''') || '''', ', ') WITHIN GROUP (ORDER BY b.name) AS names
      FROM (
        SELECT SUBSTR(file, {{start}}) AS name, FLOOR((ROW_NUMBER() OVER (ORDER BY file) - 1) / 1000) AS batch
        FROM {{offered}} WHERE relation = {{key}}
      ) b
      GROUP BY b.batch
    );
    FOR files IN batches DO
      copy_text := {{statement}} || ' FILES = (' || files.names || ') FORCE = TRUE';
      EXECUTE IMMEDIATE :copy_text;
    END FOR;
    SELECT COUNT(*) INTO :loaded FROM {{table}};
    SELECT COALESCE(SUM(row_count), 0), COUNT(*) - COUNT(row_count) INTO :expected, :uncounted
    FROM {{offered}} WHERE relation = {{key}};
    IF (uncounted = 0 AND loaded <> expected) THEN
      detail := {{complaint}} || expected || ' rows, found ' || loaded;
      RAISE manifest_disagrees;
    END IF;
    DELETE FROM {{history}} WHERE relation = {{key}} AND NOT consumed;
    INSERT INTO {{history}} (relation, file, size_bytes, modified, row_count, loaded_at, consumed)
    SELECT relation, file, size_bytes, '', COALESCE(row_count, 0), SYSDATE(), FALSE FROM {{offered}} WHERE relation = {{key}};
    changed := changed + loaded;
    journal := journal || {{journal}} || loaded || '}';
  END IF;
`

const STATEMENTS = `{{#each this}}
{{#if isCopy}}
{{> copy}}
{{else if isMessage}}
{{indent}}SELECT LISTAGG(message, '; ') WITHIN GROUP (ORDER BY message) INTO :message FROM (
{{sql}}
{{indent}});
{{#if isGuard}}
{{indent}}IF (message <> '') THEN
{{indent}}  detail := message;
{{indent}}  RAISE guard_found_rows;
{{indent}}END IF;
{{else}}
{{indent}}notices := notices || IFF(message <> '', message || '; ', '');
{{/if}}
{{else}}
{{sql}};
{{#if isWrite}}
{{indent}}changed := changed + SQLROWCOUNT;
{{indent}}journal := journal || {{journal}} || SQLROWCOUNT || ',"query":"' || SQLID || '"}';
{{/if}}
{{/if}}
{{/each}}`

const LOAD = `${HEAD}
DECLARE
  run VARCHAR DEFAULT COALESCE(run_id, UUID_STRING());
  started TIMESTAMP_NTZ DEFAULT SYSDATE();
  -- Where it stands, what was written, what people must be told.
  step VARCHAR DEFAULT '';
  changed NUMBER DEFAULT 0;
  journal VARCHAR DEFAULT '';
  results VARCHAR DEFAULT '';
  notices VARCHAR DEFAULT '';
  detail VARCHAR DEFAULT '';
  message VARCHAR DEFAULT '';
{{#if assertions}}
  failures NUMBER DEFAULT 0;
{{/if}}
{{#if hasFirst}}
  existing NUMBER DEFAULT 0;
{{/if}}
{{#if copies}}
{{#unless hasFirst}}
  existing NUMBER DEFAULT 0;
{{/unless}}
  unreadable NUMBER DEFAULT 0;
  offered NUMBER DEFAULT 0;
  known NUMBER DEFAULT 0;
  loaded NUMBER DEFAULT 0;
  expected NUMBER DEFAULT 0;
  uncounted NUMBER DEFAULT 0;
  copy_text VARCHAR DEFAULT '';
  manifest_is_no_list EXCEPTION (-20001, 'A manifest is no list of files.');
  manifest_disagrees EXCEPTION (-20002, 'A manifest disagrees with what was staged; nothing was loaded.');
{{/if}}
  guard_found_rows EXCEPTION (-20003, 'A guard of a load found rows; nothing was loaded.');
  assertion_failed EXCEPTION (-20004, 'An assertion failed; nothing was loaded.');
BEGIN
  BEGIN TRANSACTION;
  -- Whoever comes second waits for this row, and finds the work done.
  UPDATE {{leases}} SET holder = :run, taken_at = SYSDATE() WHERE name = {{label}};
{{> manifests}}
{{#each groups}}

  -- {{file}}
  step := {{label}};
{{#if first}}
  SELECT COUNT(*) INTO :existing FROM (SELECT 1 AS one FROM {{table}} LIMIT 1);
  IF (existing = 0) THEN
    -- The first load.
{{> statements first}}
  ELSE
{{> statements load}}
  END IF;
{{else}}
{{> statements load}}
{{/if}}
{{/each}}
{{#if assertions}}

  -- Assertions, counted before anything is committed.
  step := 'assertions';
{{#each assertions}}
  {{#if @first}}LET counts RESULTSET{{else}}counts{{/if}} := (
{{#each this}}
{{#unless @first}}
    UNION ALL
{{/unless}}
    -- {{file}}
    SELECT {{name}} AS assertion, {{severity}} AS severity, COUNT(*) AS failing FROM {{view}}
{{/each}}
  );
  FOR one IN counts DO
    results := results || ',{"assertion":"' || one.assertion || '","severity":"' || one.severity || '","rows":' || one.failing || '}';
    IF (one.severity = 'error' AND one.failing > 0) THEN
      failures := failures + 1;
      detail := detail || one.assertion || ': ' || one.failing || IFF(one.failing = 1, ' row; ', ' rows; ');
    END IF;
  END FOR;
{{/each}}
  IF (failures > 0) THEN
    RAISE assertion_failed;
  END IF;
{{/if}}
{{#each consumed}}

  -- The files behind these rows are used up: the next load may replace them.
  UPDATE {{../history}} SET consumed = TRUE
  WHERE NOT consumed AND relation IN ({{keys}}){{#if others}}
    AND loaded_at <= (
      SELECT MIN(r.started_at) FROM (
        SELECT procedure, MAX(started_at) AS started_at FROM {{../runs}}
        WHERE status = 'SUCCEEDED' AND procedure IN ({{others}}) GROUP BY procedure
      ) r HAVING COUNT(*) = {{count}}
    ){{/if}};
{{/each}}

{{> record indent="  "}}
  COMMIT;
  RETURN 'SUCCEEDED: ' || changed || ' rows' || IFF(notices = '', '', '; ' || notices);
EXCEPTION
  WHEN OTHER THEN
    ROLLBACK;
{{> record isFailure=true indent="    "}}
    RAISE;
END;
{{close}};
`

/** What remains of a call: one row of it, one a statement that wrote rows, one an assertion. */
const RECORD = `{{indent}}INSERT INTO {{runs}} (run_id, procedure, status, started_at, ended_at, row_count, failed_at, error_code, error_state, message)
{{#if isFailure}}
{{indent}}SELECT :run, {{label}}, 'FAILED', :started, SYSDATE(), 0, :step, :SQLCODE, :SQLSTATE, :SQLERRM || IFF(:detail = '', '', ' ' || :detail);
{{else}}
{{indent}}SELECT :run, {{label}}, 'SUCCEEDED', :started, SYSDATE(), :changed, NULL, NULL, NULL, :notices;
{{/if}}
{{indent}}INSERT INTO {{steps}} (run_id, procedure, position, action, row_count, query_id)
{{indent}}SELECT :run, {{label}}, f.index, f.value:action::VARCHAR, f.value:rows::NUMBER, f.value:query::VARCHAR
{{indent}}FROM (SELECT PARSE_JSON('[' || SUBSTR(:journal, 2) || ']') AS entries) j, LATERAL FLATTEN(INPUT => j.entries) f;
{{#if assertions}}
{{indent}}INSERT INTO {{checks}} (run_id, procedure, assertion, severity, failing_rows, checked_at)
{{indent}}SELECT :run, {{label}}, f.value:assertion::VARCHAR, f.value:severity::VARCHAR, f.value:rows::NUMBER, SYSDATE()
{{indent}}FROM (SELECT PARSE_JSON('[' || SUBSTR(:results, 2) || ']') AS entries) j, LATERAL FLATTEN(INPUT => j.entries) f;
{{/if}}`

const MASTER = `${HEAD}
DECLARE
  run VARCHAR DEFAULT UUID_STRING();
  started TIMESTAMP_NTZ DEFAULT SYSDATE();
  step VARCHAR DEFAULT '';
  result VARCHAR DEFAULT '';
  summary VARCHAR DEFAULT '';
{{#if waits}}
  unfinished NUMBER DEFAULT 0;
{{/if}}
BEGIN
  -- A lease, so that runs do not overlap. One that was never given back ends by itself.
  UPDATE {{leases}}
  SET holder = :run, taken_at = SYSDATE(), expires_at = CAST(DATEADD(second, {{leaseSeconds}}, SYSDATE()) AS TIMESTAMP_NTZ)
  WHERE name = {{label}} AND (holder IS NULL OR expires_at < SYSDATE());
  IF (SQLROWCOUNT = 0) THEN
    INSERT INTO {{runs}} (run_id, procedure, status, started_at, ended_at, message)
    SELECT :run, {{label}}, 'BUSY', :started, SYSDATE(), 'held by ' || holder FROM {{leases}} WHERE name = {{label}};
    RETURN 'BUSY: another run holds the lease';
  END IF;
{{#if waits}}
  -- What failed the last time is done again, also where nothing new has come.
  SELECT COUNT(*) INTO :unfinished FROM (
    SELECT status FROM {{runs}} WHERE procedure = {{label}} AND status IN ('SUCCEEDED', 'FAILED')
    QUALIFY ROW_NUMBER() OVER (ORDER BY ended_at DESC) = 1
  ) r WHERE r.status = 'FAILED';
{{/if}}
{{#each procedures}}

  step := {{label}};
  CALL {{name}}(:run) INTO :result;
{{#if waits}}
  IF (result = 'WAITING' AND unfinished = 0) THEN
    INSERT INTO {{../runs}} (run_id, procedure, status, started_at, ended_at, row_count)
    SELECT :run, {{../label}}, 'WAITING', :started, SYSDATE(), 0;
    UPDATE {{../leases}} SET holder = NULL, expires_at = NULL WHERE name = {{../label}} AND holder = :run;
    RETURN 'WAITING';
  END IF;
{{/if}}
  summary := summary || IFF(summary = '', '', '. ') || step || ' ' || result;
{{/each}}

  INSERT INTO {{runs}} (run_id, procedure, status, started_at, ended_at, row_count, message)
  SELECT :run, {{label}}, 'SUCCEEDED', :started, SYSDATE(), COALESCE(SUM(row_count), 0), :summary
  FROM {{runs}} WHERE run_id = :run;
  UPDATE {{leases}} SET holder = NULL, expires_at = NULL WHERE name = {{label}} AND holder = :run;
  RETURN summary;
EXCEPTION
  WHEN OTHER THEN
    INSERT INTO {{runs}} (run_id, procedure, status, started_at, ended_at, failed_at, error_code, error_state, message)
    SELECT :run, {{label}}, 'FAILED', :started, SYSDATE(), :step, :SQLCODE, :SQLSTATE, :SQLERRM;
    UPDATE {{leases}} SET holder = NULL, expires_at = NULL WHERE name = {{label}} AND holder = :run;
    RAISE;
END;
{{close}};
`

export const TEMPLATES = { load: LOAD, master: MASTER } as const
export const PARTIALS = { manifests: MANIFESTS, copy: COPY, statements: STATEMENTS, record: RECORD } as const
