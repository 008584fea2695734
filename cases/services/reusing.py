"""A client's applicant and people outlive a case: the next one may take their facts over and keeps its own copy."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from cases import facts
from cases.models import Case
from cases.promise import by_its_rules
from cases.queries import cases_for
from cases.services.changing import change_facts
from clients.models import User
from clients.refusals import Conflict
from clients.sealing import Locked

REUSABLE = ("subject", "head", "manager")


def earlier_case(case: Case, thing: str, *, by: User) -> Case | None:
    """The client's newest other case that knows this object, where the present one does not yet."""
    if thing not in REUSABLE or _is_known(facts.holder_of(case, thing)):
        return None
    return _with(thing, cases_for(by).filter(client=case.client_id).exclude(pk=case.pk)).first()


def _with(thing: str, cases: QuerySet[Case]) -> QuerySet[Case]:
    if thing == "subject":
        cases = cases.exclude(subject__name="")
    else:
        cases = cases.filter(people__part=thing, people__name__gt="")
    return cases.select_related("subject").prefetch_related("people").order_by("-id")


def _is_known(holder: Any) -> bool:
    return holder is not None and bool(holder.name or holder.has_number)


@by_its_rules
def take_over(case: Case, thing: str, *, by: User) -> Case:
    """Copy the object from the client's newest other case; numbers are sealed anew, mobiles are verified anew.

    Raises `Conflict` where there is nothing to take over.
    """
    earlier = earlier_case(case, thing, by=by)
    if earlier is None:
        raise Conflict(_("There is no earlier filing to take this from."), "nothing_earlier")
    holder = facts.holder_of(earlier, thing)
    given = {}
    for name in facts.FACTS[thing]:
        value = _number(holder) if name == "id_number" else getattr(holder, name)
        if facts.is_given(value):
            given[name] = value
    return change_facts(case, {thing: given}, by=by)


def _number(holder: Any) -> str:
    """Empty where no key opens it any more: it is typed again then."""
    try:
        return holder.id_number
    except Locked:
        return ""
