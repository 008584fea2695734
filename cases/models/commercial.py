"""The commercial licence of a site that earns money: whether it is needed, and how far the application has come."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from cases.models.case import Case
from clients.models import Client


class Commercial(models.Model):
    """Staff decide whether it is needed; the stage itself is moved by nobody but the workflow."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="commercial")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    needed = models.BooleanField(_("needed"), null=True, blank=True)
    why = models.TextField(_("why"), blank=True)
    foreign_capital = models.BooleanField(_("foreign capital"), null=True, blank=True)
    ticked = ArrayField(models.CharField(max_length=40), default=list, blank=True)  # codes of the checklist
    appointment_on = models.DateField(_("appointment"), null=True, blank=True)
    office = models.CharField(_("office"), max_length=200, blank=True)
    carried = models.TextField(_("papers to carry"), blank=True)
    receipt = models.CharField(_("number of the receipt"), max_length=60, blank=True)

    objects = ScopedManager(client="client")

    def __str__(self) -> str:
        return f"commercial licence of {self.case_id}"
