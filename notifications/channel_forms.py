"""What people type about the ways they are told by."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from clients.lines import validate_line
from clients.models import User
from notifications.channels import chat
from notifications.models import Robot

OPENID = re.compile(r"[A-Za-z0-9_-]{20,40}")


class RobotForm(forms.Form):
    """A robot that stands in a room already; each kind has its own address, so only the token is asked for."""

    kind = forms.ChoiceField(
        label=_("Where is the room?"), choices=Robot.Kind.choices, widget=forms.RadioSelect
    )
    name = forms.CharField(label=_("What is the room called?"), max_length=60, validators=[validate_line])
    language = forms.ChoiceField(
        label=_("In which language?"), choices=[("zh-hans", "简体中文"), ("en", "English")], initial="zh-hans"
    )
    token = forms.CharField(
        label=_("Token of the robot"),
        max_length=400,
        help_text=_(
            "The webhook address that the robot was given, or the token at its end. It is sealed and not shown again."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    secret = forms.CharField(
        label=_("Signing secret"),
        required=False,
        max_length=140,
        help_text=_(
            "Of DingTalk only, where the robot signs (加签); it begins with SEC. Where a keyword is wanted: ICP."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        kind, secret = given.get("kind"), given.get("secret", "").strip()
        if kind and given.get("token"):
            found = chat.token_in(kind, given["token"])
            if not found:
                self.add_error(
                    "token",
                    _("That is no token or webhook address of this kind. Copy it from the robot again."),
                )
            given["token"] = found
        if secret and (kind != chat.DINGTALK or not chat.SECRET.fullmatch(secret)):
            self.add_error(
                "secret", _("Only DingTalk has one, and it begins with SEC. Leave it empty otherwise.")
            )
        given["secret"] = secret
        return given


class WaysForm(forms.ModelForm):
    """By which ways a person is told, of those that are there."""

    class Meta:
        model = User
        fields = ("language", "wants_reminders", "wants_chat", "wants_wechat", "wechat_id")
        labels = {
            "wants_reminders": _("By mail: reminders too"),
            "wants_chat": _("In the agency's chat room"),
            "wants_wechat": _("By WeChat"),
            "wechat_id": _("My WeChat openid"),
        }
        help_texts = {
            "language": _("Pages, mails and WeChat messages; a room has a language of its own."),
            "wants_reminders": _(
                "What you must know at once always comes by mail, whatever you choose here."
            ),
            "wants_chat": _(
                "Each mail about a filing is announced there too, by its number and what is to be done."
            ),
            "wants_wechat": _(
                "What comes by mail is announced there too. You must follow the agency's account."
            ),
            "wechat_id": _(
                "The agency's service account tells it to you; it is 28 signs long and begins with o."
            ),
        }

    def __init__(self, *args, has_room: bool, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if not has_room:
            del self.fields["wants_chat"]
        if not settings.WECHAT_APP_ID:
            del self.fields["wants_wechat"], self.fields["wechat_id"]

    def clean_wechat_id(self) -> str:
        given = self.cleaned_data["wechat_id"].strip()
        if given and not OPENID.fullmatch(given):
            raise ValidationError(_("That is no openid: letters, digits, - and _ only."))
        return given

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("wants_wechat") and not given.get("wechat_id") and "wechat_id" not in self.errors:
            self.add_error("wechat_id", _("Without it nothing can be sent to you by WeChat."))
        return given
