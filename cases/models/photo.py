"""How the face check of a case is arranged: the app's link, the curtain on its way, or the place and its hour."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from cases.models.case import Case
from clients.models import Client

# The way of the curtain (幕布), in its order; each is the day on which it happened.
CURTAIN = ("ordered", "sent", "arrived", "returned")


class Photo(models.Model):
    """One arrangement a case; what was arranged before stays in the history."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="photo")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    # The provider's link opens the check of one person: it is shown to that address and to nobody else.
    link = models.URLField(_("link of the face check"), max_length=600, blank=True)
    link_for = models.EmailField(_("for whom"), blank=True)
    link_given_at = models.DateTimeField(null=True, blank=True)
    place = models.CharField(_("photo place"), max_length=40, blank=True)
    place_at = models.DateTimeField(_("appointment"), null=True, blank=True)
    ordered_on = models.DateField(_("curtain ordered on"), null=True, blank=True)
    sent_on = models.DateField(_("curtain sent on"), null=True, blank=True)
    carrier = models.CharField(_("carrier"), max_length=60, blank=True)
    tracking_number = models.CharField(_("tracking number"), max_length=60, blank=True)
    arrived_on = models.DateField(_("curtain arrived on"), null=True, blank=True)
    returned_on = models.DateField(_("curtain returned on"), null=True, blank=True)

    objects = ScopedManager(client="client")

    class Meta:
        constraints = [
            # A step has its day only after the step before it.
            models.CheckConstraint(
                condition=(
                    (models.Q(sent_on__isnull=True) | models.Q(ordered_on__isnull=False))
                    & (models.Q(arrived_on__isnull=True) | models.Q(sent_on__isnull=False))
                    & (models.Q(returned_on__isnull=True) | models.Q(arrived_on__isnull=False))
                ),
                name="photo_curtain_in_order",
            ),
            models.CheckConstraint(
                condition=models.Q(link="", link_for="") | (~models.Q(link="") & ~models.Q(link_for="")),
                name="photo_link_for_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"face check of {self.case_id}"

    @property
    def curtain_step(self) -> str:
        """The last step of the curtain that happened; empty before it is ordered."""
        return next((step for step in reversed(CURTAIN) if getattr(self, f"{step}_on")), "")
