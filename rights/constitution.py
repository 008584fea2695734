"""Erasure inside PostgreSQL: which steps an asking takes, and the one function that takes words out of the history.

The portal's roles may change no line of the history. The function is its owner's; it asks for a decided row, finds by
it whose words are meant, and blanks those alone: who did what when stays, line for line, and a digest of that is
compared. What a line holds beside words (codes, references, days) is listed in the function; all else in it is hidden.
"""

from __future__ import annotations

from django.db import migrations

from clients.guards import PERSON, _run

STEPS = """
CREATE FUNCTION rights_erasure_steps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.state = 'asked' AND NEW.decided_at IS NULL AND NEW.blanked_at IS NULL
        AND NEW.erased_at IS NULL AND NEW.taken_back_at IS NULL AND NEW.record = '{}' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND current_user <> 'portal_some' AND NEW.reason = '████' AND OLD.state = 'refused'
        AND to_jsonb(NEW) - 'reason' = to_jsonb(OLD) - 'reason' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE'
        AND (NEW.id, NEW.reference, NEW.user_id, NEW.asked_at, NEW.answer_by)
            = (OLD.id, OLD.reference, OLD.user_id, OLD.asked_at, OLD.answer_by)
        AND (OLD.decided_at IS NULL OR (NEW.decided_at, NEW.decided_by_id, NEW.reason)
            = (OLD.decided_at, OLD.decided_by_id, OLD.reason))
        AND (current_user <> 'portal_some' OR NEW.state = 'taken_back') THEN
        IF (OLD.state, NEW.state) = ('asked', 'taken_back') AND NEW.decided_at IS NULL THEN
            RETURN NEW;
        END IF;
        IF (OLD.state, NEW.state) IN (('asked', 'refused'), ('asked', 'granted'))
            AND NEW.decided_by_id <> NEW.user_id AND EXISTS (
                SELECT FROM clients_membership m WHERE m.user_id = NEW.decided_by_id AND m.client_id IS NULL
                AND m.role = 'administrator' AND m.ended_at IS NULL
            ) THEN
            RETURN NEW;
        END IF;
        IF (OLD.state, NEW.state) IN (('granted', 'blanked'), ('blanked', 'erased')) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'an erasure is asked for, decided by an administrator, and carried out; nothing else'
        USING ERRCODE = 'PT005';
END $$;
CREATE TRIGGER steps BEFORE INSERT OR UPDATE OR DELETE ON rights_erasure
    FOR EACH ROW EXECUTE FUNCTION rights_erasure_steps();

CREATE FUNCTION rights_remainder_steps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND EXISTS (
        SELECT FROM rights_erasure e JOIN clients_membership m ON m.user_id = e.user_id
        WHERE e.id = NEW.erasure_id AND e.state IN ('granted', 'blanked', 'erased') AND m.client_id = NEW.client_id
    ) THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.gone_at IS NULL
        AND (NEW.id, NEW.erasure_id, NEW.client_id, NEW.case_id, NEW.of, NEW.kind)
            = (OLD.id, OLD.erasure_id, OLD.client_id, OLD.case_id, OLD.of, OLD.kind) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'what stays of a person is of their own clients, and goes once' USING ERRCODE = 'PT005';
END $$;
CREATE TRIGGER steps BEFORE INSERT OR UPDATE OR DELETE ON rights_remainder
    FOR EACH ROW EXECUTE FUNCTION rights_remainder_steps();
"""

# ── Words ───────────────────────────────────────────────────────────────────────────────────────────────────────────

WORDS = r"""
CREATE FUNCTION rights_pattern(words text[]) RETURNS text LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp AS $$
    -- Latin words only as whole words, and none that is too short to be somebody's.
    SELECT string_agg(pattern, '|' ORDER BY length(pattern) DESC, pattern) FROM (
        SELECT DISTINCT CASE WHEN octet_length(word) = length(word)
            THEN '(?<![[:alnum:]])' || escaped || '(?![[:alnum:]])' ELSE escaped END AS pattern
        FROM unnest(words) AS raw,
            LATERAL (SELECT btrim(raw) AS word) AS trimmed,
            LATERAL (SELECT regexp_replace(word, '([^[:alnum:][:space:]])', '\\\1', 'g') AS escaped) AS made
        WHERE length(word) >= CASE WHEN octet_length(word) = length(word) THEN 3 ELSE 2 END
    ) AS found
$$;
CREATE FUNCTION rights_without(told text, pattern text) RETURNS text LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN pattern IS NULL THEN told ELSE regexp_replace(told, pattern, '████', 'gi') END
$$;
CREATE FUNCTION rights_redacted(told jsonb, pattern text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN CASE jsonb_typeof(told)
        WHEN 'string' THEN to_jsonb(rights_without(told #>> '{}', pattern))
        WHEN 'array' THEN (SELECT coalesce(jsonb_agg(rights_redacted(v, pattern) ORDER BY n), '[]')
            FROM jsonb_array_elements(told) WITH ORDINALITY AS item(v, n))
        WHEN 'object' THEN (SELECT coalesce(jsonb_object_agg(k, rights_redacted(v, pattern)), '{}')
            FROM jsonb_each(told) AS entry(k, v))
        ELSE told END;
END $$;
CREATE FUNCTION rights_hidden(told jsonb) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN CASE jsonb_typeof(told)
        WHEN 'string' THEN CASE WHEN told = '""' THEN told ELSE '"****"' END
        WHEN 'array' THEN (SELECT coalesce(jsonb_agg(rights_hidden(v) ORDER BY n), '[]')
            FROM jsonb_array_elements(told) WITH ORDINALITY AS item(v, n))
        WHEN 'object' THEN (SELECT coalesce(jsonb_object_agg(k, CASE WHEN k = 'path' THEN v ELSE rights_hidden(v) END),
            '{}') FROM jsonb_each(told) AS entry(k, v))
        ELSE told END;
END $$;
CREATE FUNCTION rights_deed(told jsonb, kept text[]) RETURNS jsonb LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(jsonb_object_agg(k, CASE WHEN k = ANY (kept) THEN v ELSE rights_hidden(v) END), '{}')
    FROM jsonb_each(told) AS entry(k, v)
$$;
"""

# ── The function, and the histories that open to it alone ───────────────────────────────────────────────────────────

MAY = """
CREATE FUNCTION rights_may_blank(of_client bigint, persons bigint[]) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM rights_erasure e
        WHERE e.id = nullif(current_setting('portal.erasing', true), '')::bigint
        AND e.state IN ('granted', 'blanked', 'erased')
        AND CASE WHEN of_client IS NULL THEN e.user_id = ANY (persons) ELSE EXISTS (
            SELECT FROM clients_membership m WHERE m.user_id = e.user_id AND m.client_id = of_client
        ) END
    )
$$;
"""


def _history(table: str, persons: str, words: str) -> str:
    """As `clients.guards.append_only` has it, but for the function's owner while a decided erasure is carried out."""
    return (
        """
CREATE OR REPLACE FUNCTION TABLE_is_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.relayed_at IS NULL AND NEW.relayed_at IS NOT NULL
        AND to_jsonb(NEW) - 'relayed_at' = to_jsonb(OLD) - 'relayed_at' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND current_user = (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID)
        AND to_jsonb(NEW) - '{WORDS}'::text[] = to_jsonb(OLD) - '{WORDS}'::text[]
        AND rights_may_blank(OLD.client_id, PERSONS) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the history in TABLE is never rewritten' USING ERRCODE = 'PT001';
END $$;
""".replace("TABLE", table)
        .replace("PERSONS", persons)
        .replace("WORDS", words)
    )


HISTORIES = _history("cases_caseevent", "ARRAY[OLD.by_id]", "note,data") + _history(
    "clients_auditevent", "ARRAY[OLD.by_id, OLD.about_id]", "data"
)

BLANK = """
CREATE FUNCTION rights_blank_history(which bigint) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    one rights_erasure;
    clients bigint[];
    pattern text;
    kept text[] := ARRAY[
        'as', 'at', 'case', 'certificate', 'channel', 'client', 'code', 'codes', 'detail', 'document',
        'download', 'due', 'duty', 'erased', 'erasure', 'findings', 'format', 'kind', 'mark', 'message',
        'move', 'notification', 'of', 'on', 'on_behalf', 'outcome', 'papers', 'person', 'place', 'place_at',
        'places', 'reasons', 'requirement', 'role', 'round', 'run', 'sha256', 'sheet', 'slot', 'source',
        'stage', 'text_version', 'token', 'until', 'verification', 'version', 'what', 'who', 'why'
    ];
    before text;
    after text;
    lines integer;
    deeds integer;
BEGIN
    PERFORM set_config('portal.erasing', which::text, true);
    SELECT * INTO one FROM rights_erasure e WHERE e.id = which AND e.state IN ('granted', 'blanked', 'erased');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no decided erasure opens the history' USING ERRCODE = 'PT006';
    END IF;
    SELECT array_agg(DISTINCT m.client_id) INTO clients FROM clients_membership m
        WHERE m.user_id = one.user_id AND m.client_id IS NOT NULL;
    SELECT rights_pattern(array_agg(word)) INTO pattern FROM (
        SELECT unnest(ARRAY[u.email, u.name, u.name_zh, u.wechat_id]) AS word FROM clients_user u
            WHERE u.id = one.user_id AND one.state = 'granted'
        UNION SELECT unnest(ARRAY[p.email, p.name, p.mobile, p.landline, p.emergency_mobile, p.address])
            FROM cases_person p WHERE p.client_id = ANY (clients) AND (
                (one.state = 'granted' AND p.email <> ''
                    AND lower(p.email) = (SELECT lower(u.email) FROM clients_user u WHERE u.id = one.user_id))
                OR EXISTS (SELECT FROM rights_remainder r WHERE r.erasure_id = one.id AND r.case_id = p.case_id
                    AND r.of = p.part AND r.kind = 'facts' AND r.gone_at IS NULL AND r.until <= current_date + 1)
            )
    ) AS theirs;
    before := rights_shape(clients);
    UPDATE cases_caseevent e SET note = '',
            data = rights_redacted(rights_deed(e.data, kept), pattern) || jsonb_build_object('erased', one.reference)
        WHERE e.by_id = one.user_id AND e.client_id = ANY (clients)
        AND (e.note <> '' OR e.data <> rights_redacted(rights_deed(e.data, kept), pattern));
    GET DIAGNOSTICS lines = ROW_COUNT;
    IF pattern IS NOT NULL THEN
        UPDATE cases_caseevent e SET note = rights_without(e.note, pattern),
                data = rights_redacted(e.data, pattern)
            WHERE e.client_id = ANY (clients) AND (e.note ~* pattern OR e.data::text ~* pattern)
            AND (e.note, e.data) <> (rights_without(e.note, pattern), rights_redacted(e.data, pattern));
    END IF;
    UPDATE clients_auditevent a
        SET data = rights_redacted(rights_deed(a.data, kept), pattern) || jsonb_build_object('erased', one.reference)
        WHERE a.by_id = one.user_id AND (a.client_id IS NULL OR a.client_id = ANY (clients))
        AND a.data <> rights_redacted(rights_deed(a.data, kept), pattern);
    GET DIAGNOSTICS deeds = ROW_COUNT;
    IF pattern IS NOT NULL THEN
        UPDATE clients_auditevent a SET data = rights_redacted(a.data, pattern)
            WHERE ((a.client_id IS NULL AND a.about_id = one.user_id) OR a.client_id = ANY (clients))
            AND a.data <> rights_redacted(a.data, pattern);
    END IF;
    UPDATE clients_auditevent a SET data = rights_deed(a.data, kept)
        WHERE a.about_id = one.user_id AND a.kind IN ('sign_in.failed', 'erasure.refused')
            AND a.data <> rights_deed(a.data, kept);
    after := rights_shape(clients);
    IF before IS DISTINCT FROM after THEN
        RAISE EXCEPTION 'the history would lose its shape' USING ERRCODE = 'PT001';
    END IF;
    PERFORM set_config('portal.erasing', '', true);
    RETURN jsonb_build_object('events', lines, 'deeds', deeds, 'shape', after);
END $$;
CREATE FUNCTION rights_shape(clients bigint[]) RETURNS text LANGUAGE sql STABLE
    SET search_path = pg_catalog, public, pg_temp AS $$
    -- Who did what when, without a word of it.
    SELECT encode(sha256(convert_to(coalesce(string_agg(concat_ws('|', id, reference, case_id, client_id, kind, move,
        from_stage, to_stage, by_id, source, audience, extract(epoch FROM at)), E'\\n' ORDER BY id), ''), 'UTF8')),
        'hex')
    FROM cases_caseevent WHERE client_id = ANY (clients)
$$;
REVOKE EXECUTE ON FUNCTION rights_blank_history FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rights_blank_history TO portal_all;
"""

# The owner is bound by row-level security like everybody: while the function runs it sees what it must, and no longer.
_READ = ("rights_erasure", "rights_remainder", "clients_user", "clients_membership", "cases_person")
_WRITTEN = ("cases_caseevent", "clients_auditevent")
_RUNS = "nullif(current_setting('portal.erasing', true), '') IS NOT NULL"
SIGHT = "".join(
    f"CREATE POLICY while_erasing ON {table} FOR SELECT TO CURRENT_USER USING ({_RUNS});\n" for table in _READ
) + "".join(
    f"CREATE POLICY while_erasing ON {table} TO CURRENT_USER USING ({_RUNS}) WITH CHECK ({_RUNS});\n"
    for table in _WRITTEN
)

# Whoever asks sees their own askings, and may take one back; the agency's own people see all.
GUARD = (
    "ALTER TABLE rights_erasure ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE rights_erasure FORCE ROW LEVEL SECURITY",
    "CREATE POLICY everybody ON rights_erasure TO portal_all USING (true) WITH CHECK (true)",
    f"CREATE POLICY own ON rights_erasure TO portal_some USING (user_id = {PERSON}) WITH CHECK (user_id = {PERSON})",
    "GRANT SELECT, INSERT ON rights_erasure TO portal_all, portal_some",
    "GRANT UPDATE (state, taken_back_at) ON rights_erasure TO portal_some",
    (
        "GRANT UPDATE (state, taken_back_at, decided_at, decided_by_id, reason, blanked_at, erased_at, record,"
        " replayed_at) ON rights_erasure TO portal_all"
    ),
)


def erasing() -> list[migrations.RunSQL]:
    """All of it, after the tables were made."""
    parts = (STEPS, WORDS, MAY, HISTORIES, BLANK, SIGHT)
    return [_run(*GUARD), *(migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in parts)]
