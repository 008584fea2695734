"""The database repeats what must never break: whose rows, which moves, whose history."""

from django.db import migrations

from cases.constitution import stage_trigger
from clients.guards import APPEND, EVERYTHING, READ_WRITE, append_only, guard, same_client

CHILDREN = ["subject", "person", "domain", "server", "site", "phoneverification", "requirement", "reopening", "deadline"]


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial"), ("clients", "0002_guards")]

    operations = [
        guard("cases_case", every=READ_WRITE, some=READ_WRITE),
        *[guard(f"cases_{name}", every=EVERYTHING, some=EVERYTHING) for name in CHILDREN],
        guard("cases_caseevent", every=APPEND, some=APPEND),
        *[same_client(f"cases_{name}", "case_id", "cases_case") for name in [*CHILDREN, "caseevent"]],
        append_only("cases_caseevent"),
        stage_trigger(
            # As `cases.workflow.steps()` had it on the day of this migration; a later change needs a later migration.
            [
                ("commercial_licensed", "cancelled"),
                ("commercial_licensed", "psb_filed"),
                ("draft", "provider_pre_audit"),
                ("draft", "withdrawn"),
                ("licensed", "cancelled"),
                ("licensed", "miit_review"),
                ("licensed", "psb_filed"),
                ("miit_review", "draft"),
                ("miit_review", "licensed"),
                ("miit_review", "photo"),
                ("miit_review", "withdrawn"),
                ("photo", "draft"),
                ("photo", "miit_review"),
                ("photo", "provider_pre_audit"),
                ("photo", "withdrawn"),
                ("provider_pre_audit", "draft"),
                ("provider_pre_audit", "photo"),
                ("provider_pre_audit", "withdrawn"),
                ("psb_filed", "cancelled"),
                ("psb_filed", "commercial_licensed"),
                ("psb_filed", "licensed"),
            ]
        ),
    ]
