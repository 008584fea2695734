"""The life of a document, from the first byte to the last word; read it from top to bottom."""

from __future__ import annotations

from django.db import models
from django.utils.translation import pgettext_lazy
from django_fsm import FSMField, FSMModelMixin, transition


class State(models.TextChoices):
    """What the client reads beside a file."""

    CHECKING = "checking", pgettext_lazy("document", "being checked")
    AVAILABLE = "available", pgettext_lazy("document", "arrived")
    REFUSED = "refused", pgettext_lazy("document", "not taken")
    ACCEPTED = "accepted", pgettext_lazy("document", "accepted")
    RETURNED = "returned", pgettext_lazy("document", "returned")
    SUPERSEDED = "superseded", pgettext_lazy("document", "replaced")
    WITHDRAWN = "withdrawn", pgettext_lazy("document", "taken back")


# With these a paper can be looked at; of a file that was not taken nothing is kept.
VIEWABLE = (State.AVAILABLE, State.ACCEPTED, State.RETURNED, State.SUPERSEDED)
# In these it may be without a copy for good: its check came to no paper.
NOT_KEPT = (State.REFUSED, State.SUPERSEDED, State.WITHDRAWN)


class DocumentWorkflow(FSMModelMixin, models.Model):
    """Which state may follow which; the services say when and who."""

    state = FSMField(choices=State, default=State.CHECKING, protected=True)

    class Meta:
        abstract = True

    @transition(state, source=State.CHECKING, target=State.AVAILABLE)
    def take(self) -> None:
        """It was opened, found harmless and encoded anew; people may look at it."""

    @transition(state, source=State.CHECKING, target=State.REFUSED)
    def refuse(self) -> None:
        """It could not be taken, and the sender knows what to send instead."""

    @transition(state, source=State.AVAILABLE, target=State.ACCEPTED)
    def accept(self) -> None:
        """The agency looked at exactly these bytes and found them right."""

    @transition(state, source=State.AVAILABLE, target=State.RETURNED)
    def send_back(self) -> None:
        """The agency looked at it and wants another, and said why."""

    @transition(state, source=[State.CHECKING, State.AVAILABLE, State.ACCEPTED], target=State.SUPERSEDED)
    def supersede(self) -> None:
        """A newer one came; this one is kept as it was."""

    @transition(state, source=[State.CHECKING, State.AVAILABLE], target=State.WITHDRAWN)
    def withdraw(self) -> None:
        """Whoever sent it took it back before anybody looked; nothing of it is kept."""

    @transition(state, source=State.SUPERSEDED, target=State.AVAILABLE)
    def stand_again(self) -> None:
        """What had taken its place was taken back, and nobody has judged this one yet."""

    @transition(state, source=State.SUPERSEDED, target=State.ACCEPTED)
    def hold_again(self) -> None:
        """What had taken its place was taken back; it stays accepted as it was."""

    @transition(state, source=[State.AVAILABLE, State.ACCEPTED], target=State.REFUSED)
    def lose(self) -> None:
        """Storage no longer has it, or not as it was; nobody is shown something else in its place."""
