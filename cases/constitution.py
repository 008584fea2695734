"""The workflow's table inside PostgreSQL: a plain trigger with no switch that a connection could throw."""

from collections.abc import Iterable

from django.db import migrations


def stage_trigger(steps: Iterable[tuple[str, str]]) -> migrations.RunSQL:
    """A case changes its stage along these pairs and no other way, and begins in draft.

    Whoever loads past cases in bulk (`fill`, the demo) walks them by the same pairs or holds the owner's rights.
    """
    pairs = ", ".join(f"('{source}', '{target}')" for source, target in steps)
    return migrations.RunSQL(
        f"""
CREATE OR REPLACE FUNCTION cases_case_stage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.stage <> 'draft' THEN
            RAISE EXCEPTION 'a case begins in draft, not in %', NEW.stage USING ERRCODE = 'PT002';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.client_id <> OLD.client_id THEN
        RAISE EXCEPTION 'a case never changes its client' USING ERRCODE = 'PT003';
    END IF;
    IF NEW.stage <> OLD.stage AND (OLD.stage, NEW.stage) NOT IN ({pairs}) THEN
        RAISE EXCEPTION 'no move leads from % to %', OLD.stage, NEW.stage USING ERRCODE = 'PT002';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS stage ON cases_case;
CREATE TRIGGER stage BEFORE INSERT OR UPDATE ON cases_case FOR EACH ROW EXECUTE FUNCTION cases_case_stage();
""",
        migrations.RunSQL.noop,
    )


def consent_trigger(steps: Iterable[tuple[str, str]]) -> migrations.RunSQL:
    """Along these pairs a case carries papers to the next who looks at them; not while consent is taken back."""
    pairs = ", ".join(f"('{source}', '{target}')" for source, target in steps)
    return migrations.RunSQL(
        f"""
CREATE OR REPLACE FUNCTION cases_case_consent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.stage, NEW.stage) IN ({pairs}) AND EXISTS (
        SELECT FROM clients_client WHERE id = NEW.client_id AND consent_withdrawn_at IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'the consent to hand papers on was taken back' USING ERRCODE = 'PT004';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS consent ON cases_case;
CREATE TRIGGER consent BEFORE UPDATE OF stage ON cases_case FOR EACH ROW EXECUTE FUNCTION cases_case_consent();
""",
        migrations.RunSQL.noop,
    )
