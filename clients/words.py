"""The audit in sentences: what each kind of event is called, and what one row says."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from clients.models import AuditEvent, Role
from clients.templatetags.look import day

KINDS = {
    "consent.given": pgettext_lazy("audit", "Consent given"),
    "consent.withdrawn": pgettext_lazy("audit", "Consent taken back"),
    "papers.released": pgettext_lazy("audit", "Papers released to be destroyed"),
    "papers.held": pgettext_lazy("audit", "Papers held back by law"),
    "papers.hold_ended": pgettext_lazy("audit", "Legal hold ended"),
    "own_data.asked": pgettext_lazy("audit", "Copy of own data asked for"),
    "own_data.fetched": pgettext_lazy("audit", "Copy of own data fetched"),
    "erasure.asked": pgettext_lazy("audit", "Erasure asked for"),
    "erasure.taken_back": pgettext_lazy("audit", "Asking to be erased taken back"),
    "erasure.granted": pgettext_lazy("audit", "Erasure granted"),
    "erasure.due": pgettext_lazy("audit", "Erasure to be answered soon"),
    "erasure.refused": pgettext_lazy("audit", "Erasure refused"),
    "erasure.done": pgettext_lazy("audit", "Erasure carried out"),
    "signed_in": pgettext_lazy("audit", "Signed in"),
    "sign_in.failed": pgettext_lazy("audit", "Sign-in failed"),
    "client.made": pgettext_lazy("audit", "Client added"),
    "client.noted": pgettext_lazy("audit", "Note about a client"),
    "client.seen_as": pgettext_lazy("audit", "Pages seen as the client"),
    "client.renamed": pgettext_lazy("audit", "Client renamed"),
    "invitation.made": pgettext_lazy("audit", "Invited"),
    "invitation.accepted": pgettext_lazy("audit", "Invitation accepted"),
    "invitation.revoked": pgettext_lazy("audit", "Invitation taken back"),
    "membership.ended": pgettext_lazy("audit", "Access ended"),
    "role.changed": pgettext_lazy("audit", "Role changed"),
    "cases.handed_over": pgettext_lazy("audit", "Cases handed over"),
    "cover.named": pgettext_lazy("audit", "Stand-in named"),
    "cover.ended": pgettext_lazy("audit", "Stand-in taken back"),
    "cover.fell": pgettext_lazy("audit", "Stand-in has left"),
    "contact.replaced": pgettext_lazy("audit", "Contact replaced"),
    "person.let_back_in": pgettext_lazy("audit", "Let back in"),
    "token.made": pgettext_lazy("audit", "Token made"),
    "token.revoked": pgettext_lazy("audit", "Token revoked"),
    "feed.made": pgettext_lazy("audit", "Calendar address made"),
    "feed.renewed": pgettext_lazy("audit", "Calendar address renewed"),
    "feed.ended": pgettext_lazy("audit", "Calendar address taken away"),
    "hook.made": pgettext_lazy("audit", "Webhook added"),
    "hook.changed": pgettext_lazy("audit", "Webhook changed"),
    "hook.removed": pgettext_lazy("audit", "Webhook removed"),
    "hook.disabled": pgettext_lazy("audit", "Webhook switched off"),
    "agency.changed": pgettext_lazy("audit", "Settings changed"),
    "robot.added": pgettext_lazy("audit", "Chat room added"),
    "robot.ended": pgettext_lazy("audit", "Chat room taken away"),
    "cases.exported": pgettext_lazy("audit", "Cases exported"),
    "cases.imported": pgettext_lazy("audit", "Spreadsheet brought in"),
    "import.taken_back": pgettext_lazy("audit", "Import taken back"),
    "client.taken_back": pgettext_lazy("audit", "Client taken back"),
    "invitation.prepared": pgettext_lazy("audit", "Contact noted, not invited"),
    "view.shared": pgettext_lazy("audit", "View shared"),
    "view.removed": pgettext_lazy("audit", "Shared view removed"),
    "export.fetched": pgettext_lazy("audit", "Export fetched"),
    "rule.changed": pgettext_lazy("audit", "Rule changed"),
    "rule.added": pgettext_lazy("audit", "Rule added"),
    "rule.checked": pgettext_lazy("audit", "Rule checked"),
    "text.changed": pgettext_lazy("audit", "Message text changed"),
    "text.restored": pgettext_lazy("audit", "Message text back to the shipped one"),
    "text.added": pgettext_lazy("audit", "Message text added"),
    "text.withdrawn": pgettext_lazy("audit", "Message text withdrawn"),
}
FIELDS = {
    "name": gettext_lazy("name"),
    "name_zh": gettext_lazy("Chinese name"),
    "phone": gettext_lazy("telephone"),
    "sender": gettext_lazy("sender address"),
    "logo": gettext_lazy("logo"),
    "time_zone": gettext_lazy("time zone"),
    "demands_second_factor": gettext_lazy("staff need a second factor"),
    "eligibility_is_open": gettext_lazy("eligibility questions without sign-in"),
    "destroying_warned_days": gettext_lazy("days before that in which two persons release them"),
    "identity_papers_kept_days": gettext_lazy("days identity papers are kept after the licence"),
    "bulk_most": gettext_lazy("cases changed at once, at most"),
    "stored_in": gettext_lazy("where papers are stored"),
    "stored_in_zh": gettext_lazy("where papers are stored, in Chinese"),
}


def _role(name: Any) -> str:
    return str(Role(name).label) if name in Role.values else str(name or "")


def days_of(begin: date | str | None, end: date | str | None) -> str:
    """From one day to another, either open."""
    first, last = (date.fromisoformat(one) if isinstance(one, str) and one else one for one in (begin, end))
    if first and last:
        return _("from %(first)s to %(last)s") % {"first": day(first), "last": day(last)}
    if first:
        return _("from %(first)s on") % {"first": day(first)}
    return _("until %(last)s") % {"last": day(last)} if last else _("until it is taken back")


def sentence_of(event: AuditEvent) -> str:
    """The particulars of one row; the kind stands beside it."""
    data = event.data
    match event.kind:
        case "client.noted":
            return str(data.get("text", ""))
        case "papers.held" | "erasure.refused":
            return data.get("reason", "")
        case "erasure.asked" | "erasure.due" | "erasure.taken_back" | "erasure.granted" | "erasure.done":
            return str(data.get("erasure", ""))
        case "papers.released":
            return _("by the first person") if data.get("step") == 1 else _("by the second person")
        case "role.changed" if "assigned" in data:
            return _("sees %(n)d assigned clients") % {"n": len(data["assigned"])}
        case "client.renamed":
            pairs = [
                _("from %(old)s to %(new)s") % {"old": old or "—", "new": new or "—"}
                for old, new in data.get("changes", {}).values()
            ]
            return ", ".join(pairs)
        case "role.changed":
            return _("from %(old)s to %(new)s") % {
                "old": _role(data.get("old")),
                "new": _role(data.get("new")),
            }
        case "cover.named" | "cover.ended" | "cover.fell":
            return _("for %(person)s, %(days)s") % {
                "person": data.get("person", ""),
                "days": days_of(data.get("from", ""), data.get("until", "")),
            }
        case "invitation.made" if data.get("again"):
            return _("as %(role)s, sent again") % {"role": _role(data.get("role"))}
        case (
            "client.seen_as"
            | "invitation.made"
            | "invitation.prepared"
            | "invitation.accepted"
            | "membership.ended"
        ):
            return _("as %(role)s") % {"role": _role(data.get("role"))}
        case "token.made" | "token.revoked" | "view.shared" | "view.removed" | "robot.added" | "robot.ended":
            return str(data.get("name", ""))
        case "hook.made" | "hook.changed" | "hook.removed" | "hook.disabled":
            return str(data.get("name", ""))
        case "agency.changed":
            return ", ".join(str(FIELDS.get(name, name)) for name in data.get("changes", {}))
        case "cases.handed_over":
            return _("from %(person)s, cases: %(n)d") % {
                "person": data.get("person", ""),
                "n": data.get("rows", 0),
            }
        case "cases.imported" | "import.taken_back":
            return _("rows: %(n)d") % {"n": data.get("rows", 0)}
        case "cases.exported" | "export.fetched":
            told = _("%(n)d rows as %(format)s") % {
                "n": data.get("rows", 0),
                "format": str(data.get("format", "")).upper(),
            }
            narrowed = ", ".join(f"{name}: {value}" for name, value in data.get("query", {}).items())
            return f"{told} ({narrowed})" if narrowed else told
        case "rule.changed" | "rule.added" | "rule.checked":
            return str(data.get("rule", ""))
        case "text.changed" | "text.restored" | "text.added" | "text.withdrawn":
            return str(data.get("text", ""))
        case "sign_in.failed":
            return str(data.get("address", ""))
        case "person.let_back_in":
            return _(
                "%(factors)d factors removed, %(sessions)d sessions ended, %(tokens)d tokens revoked"
            ) % {
                "factors": data.get("factors", 0),
                "sessions": data.get("sessions", 0),
                "tokens": data.get("tokens", 0),
            }
    return ""
