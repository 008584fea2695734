"""The life of a case: the one table of stages and moves.

Guards say when (of the case), permissions say who (of the person); moves have no side effects. PostgreSQL holds the
same table as a trigger (`cases/migrations`), `docs/map.md` is drawn from it, and tests hold the three equal.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_fsm import FSMField, FSMModelMixin, transition

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class Stage(models.TextChoices):
    """The seven stops of a filing, and the two ways out."""

    DRAFT = "draft", pgettext_lazy("stage", "Draft")
    PROVIDER_PRE_AUDIT = "provider_pre_audit", pgettext_lazy("stage", "Provider pre-audit")
    PHOTO = "photo", pgettext_lazy("stage", "Photo")
    MIIT_REVIEW = "miit_review", pgettext_lazy("stage", "MIIT review")
    LICENSED = "licensed", pgettext_lazy("stage", "Licensed")
    PSB_FILED = "psb_filed", pgettext_lazy("stage", "PSB filed")
    COMMERCIAL_LICENSED = "commercial_licensed", pgettext_lazy("stage", "Commercial licence")
    WITHDRAWN = "withdrawn", pgettext_lazy("stage", "Withdrawn")
    CANCELLED = "cancelled", pgettext_lazy("stage", "Cancelled")


ROAD = [
    Stage.DRAFT,
    Stage.PROVIDER_PRE_AUDIT,
    Stage.PHOTO,
    Stage.MIIT_REVIEW,
    Stage.LICENSED,
    Stage.PSB_FILED,
    Stage.COMMERCIAL_LICENSED,
]
BEFORE_LICENCE = ROAD[:4]
HANDS_ON = ROAD[:3]  # from here papers go on to whoever looks at them next
ISSUED = ROAD[4:]
ENDED = [Stage.WITHDRAWN, Stage.CANCELLED]


class MoveRefused(Exception):
    """A move that may not be made now: `str()` is the sentence for the person, `code` the word for programs."""

    def __init__(self, sentence: str | _StrPromise, code: str = "move_refused") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code

    def __str__(self) -> str:
        return str(self.sentence)


class MoveForbidden(MoveRefused):
    """A move that this person may never make with this case."""


def guard(sentence: str | _StrPromise, code: str) -> Callable[[Callable], Callable]:
    """Gives a condition the sentence that is said when it does not hold."""

    def keep(condition: Callable) -> Callable:
        condition.sentence = sentence  # type: ignore[attr-defined]
        condition.code = code  # type: ignore[attr-defined]
        return condition

    return keep


# ── When ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@guard(_("The case is on hold. Resume it first."), "on_hold")
def is_not_held(case) -> bool:
    return not case.on_hold


@guard(_("The case is not on hold."), "not_on_hold")
def is_held(case) -> bool:
    return case.on_hold


@guard(
    _(
        "The client has taken its consent to identity papers back. Nothing is handed on until it is given again."
    ),
    "consent_withdrawn",
)
def is_consented(case) -> bool:
    return case.client.consent_withdrawn_at is None


@guard(_("Facts are missing. Fill in what the case page lists as open."), "facts_missing")
def facts_are_complete(case) -> bool:
    return not case.missing_facts


@guard(_("Not every required paper is accepted yet."), "papers_missing")
def papers_are_accepted(case) -> bool:
    return not case.papers_missing


@guard(_("The mobile numbers of head and manager must be verified first."), "phones_unverified")
def phones_are_verified(case) -> bool:
    return not case.unverified_people


@guard(_("The pre-flight found what keeps this filing back."), "findings_open")
def nothing_blocks(case) -> bool:
    return not case.open_blocks


@guard(_("The site makes no revenue; no commercial licence is needed."), "no_revenue")
def makes_revenue(case) -> bool:
    return case.makes_revenue


@guard(_("Nothing has been recorded yet that could be corrected."), "nothing_recorded")
def has_results(case) -> bool:
    return bool(case.recorded_results)


# ── Who ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def is_agency(case, user) -> bool:
    return user.standing.is_agency


def is_manager(case, user) -> bool:
    return user.standing.is_manager


def is_agency_or_contact_in_draft(case, user) -> bool:
    return user.standing.is_agency or (
        case.stage == Stage.DRAFT and user.standing.is_contact_of(case.client_id)
    )


# ── The life ────────────────────────────────────────────────────────────────────────────────────────────────────────


class CaseWorkflow(FSMModelMixin, models.Model):
    """The life of a case, first day to last; read it from top to bottom."""

    stage = FSMField(
        pgettext_lazy("noun", "stage"),
        max_length=24,
        choices=Stage.choices,
        default=Stage.DRAFT,
        protected=True,
    )

    class Meta:
        abstract = True

    @transition(
        stage,
        Stage.DRAFT,
        Stage.PROVIDER_PRE_AUDIT,
        conditions=[
            is_not_held,
            is_consented,
            facts_are_complete,
            papers_are_accepted,
            phones_are_verified,
            nothing_blocks,
        ],
        permission=is_agency,
        custom={"label": _("Hand in to the provider")},
    )
    def submit(self) -> None:
        """Everything is together; the provider has the order."""

    @transition(
        stage,
        Stage.PROVIDER_PRE_AUDIT,
        Stage.PHOTO,
        conditions=[is_not_held, is_consented],
        permission=is_agency,
        custom={"label": _("Record: pre-audit passed")},
    )
    def pass_pre_audit(self) -> None:
        """The provider found nothing; the face check is next."""

    @transition(
        stage,
        [Stage.PROVIDER_PRE_AUDIT, Stage.PHOTO],
        Stage.DRAFT,
        conditions=[is_not_held],
        permission=is_agency,
        custom={"label": _("Record a return")},
    )
    def return_for_changes(self) -> None:
        """The provider wants something mended; the next move is the client's."""

    @transition(
        stage,
        Stage.PHOTO,
        Stage.MIIT_REVIEW,
        conditions=[is_not_held, is_consented],
        permission=is_agency,
        custom={"label": _("Record: photo done")},
    )
    def finish_photo(self) -> None:
        """The manager's face is checked; the order goes to the ministry and the SMS code is on its way."""

    @transition(
        stage,
        Stage.MIIT_REVIEW,
        Stage.DRAFT,
        conditions=[is_not_held],
        permission=is_agency,
        custom={"label": _("Record a rejection")},
    )
    def reject(self) -> None:
        """The bureau said no, or the SMS code was missed."""

    @transition(
        stage,
        Stage.MIIT_REVIEW,
        Stage.LICENSED,
        conditions=[is_not_held],
        permission=is_agency,
        custom={"label": _("Record the ICP number")},
    )
    def grant_licence(self) -> None:
        """The number is issued; the site may open and thirty days to the police filing begin."""

    @transition(
        stage,
        Stage.LICENSED,
        Stage.PSB_FILED,
        conditions=[is_not_held],
        permission=is_agency,
        custom={"label": _("Record the PSB number")},
    )
    def file_psb(self) -> None:
        """The police know the site."""

    @transition(
        stage,
        Stage.PSB_FILED,
        Stage.COMMERCIAL_LICENSED,
        conditions=[is_not_held, makes_revenue],
        permission=is_agency,
        custom={"label": _("Record the commercial licence")},
    )
    def grant_commercial_licence(self) -> None:
        """The site may earn money."""

    @transition(
        stage,
        BEFORE_LICENCE,
        Stage.WITHDRAWN,
        permission=is_agency_or_contact_in_draft,
        custom={"label": _("Withdraw the filing")},
    )
    def withdraw(self) -> None:
        """Nobody wants this filing any more."""

    @transition(
        stage,
        ISSUED,
        Stage.CANCELLED,
        permission=is_agency,
        custom={"label": _("Record a cancellation")},
    )
    def cancel(self) -> None:
        """An issued filing was taken back; the number never returns."""

    @transition(
        stage,
        ROAD,
        None,
        conditions=[is_not_held],
        permission=is_agency,
        custom={"label": _("Put on hold")},
    )
    def hold(self) -> None:
        """The case rests until a day to look again; its clocks stop."""

    @transition(
        stage,
        ROAD,
        None,
        conditions=[is_held],
        permission=is_agency,
        custom={"label": _("Resume")},
    )
    def resume(self) -> None:
        """The case goes on where it stood; its clocks run again."""

    @transition(
        stage,
        ROAD,
        None,
        conditions=[has_results],
        permission=is_manager,
        custom={"label": _("Correct a result")},
    )
    def correct(self) -> None:
        """A wrong number or date is replaced; the old one stays in the history."""

    @transition(
        stage,
        Stage.PHOTO,
        Stage.PROVIDER_PRE_AUDIT,
        conditions=[is_not_held],
        permission=is_manager,
        custom={"label": _("Step back")},
    )
    @transition(
        stage,
        Stage.MIIT_REVIEW,
        Stage.PHOTO,
        conditions=[is_not_held],
        permission=is_manager,
        custom={"label": _("Step back")},
    )
    @transition(
        stage,
        Stage.LICENSED,
        Stage.MIIT_REVIEW,
        conditions=[is_not_held],
        permission=is_manager,
        custom={"label": _("Step back")},
    )
    @transition(
        stage,
        Stage.PSB_FILED,
        Stage.LICENSED,
        conditions=[is_not_held],
        permission=is_manager,
        custom={"label": _("Step back")},
    )
    @transition(
        stage,
        Stage.COMMERCIAL_LICENSED,
        Stage.PSB_FILED,
        conditions=[is_not_held],
        permission=is_manager,
        custom={"label": _("Step back")},
    )
    def step_back(self) -> None:
        """A move was recorded by mistake; the case stands one stage earlier again."""


# The order in which people read the moves, and the names the API takes.
MOVES = [
    "submit",
    "pass_pre_audit",
    "return_for_changes",
    "finish_photo",
    "reject",
    "grant_licence",
    "file_psb",
    "grant_commercial_licence",
    "withdraw",
    "cancel",
    "hold",
    "resume",
    "correct",
    "step_back",
]


def table() -> list[tuple[str, str, str]]:
    """(move, from, to) for every legal step, as the methods above declare them; a stay has from = to."""
    rows = []
    for move in MOVES:
        transitions = getattr(CaseWorkflow, move)._django_fsm.transitions
        for source, step in transitions.items():
            rows.append((move, str(source), str(step.target or source)))
    order = {stage.value: place for place, stage in enumerate(Stage)}
    return sorted(rows, key=lambda row: (MOVES.index(row[0]), order[row[1]]))


def steps() -> list[tuple[str, str]]:
    """The pairs (from, to) of different stages that some move makes; what the database lets through."""
    return sorted({(source, target) for _move, source, target in table() if source != target})


def handing_on() -> list[tuple[str, str]]:
    """The pairs along which papers go to the next who looks at them; the database asks for consent there as well."""
    return sorted(
        (str(source), str(step.target))
        for move in MOVES
        for source, step in getattr(CaseWorkflow, move)._django_fsm.transitions.items()
        if is_consented in step.conditions
    )


def rests_for_consent(case) -> bool:
    """Nothing is handed on while the client's consent is taken back; what the ministry has goes its way."""
    return case.stage in HANDS_ON and not is_consented(case)
