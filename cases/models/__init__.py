"""What: cases, their facts, their checklist, their clocks and their history."""

from cases.models.bulk import BulkRow, BulkRun, RowState
from cases.models.case import Case
from cases.models.commercial import Commercial
from cases.models.deadline import Deadline, DeadlineState
from cases.models.duty import Duty, DutyRound, DutyState
from cases.models.event import Audience, CaseEvent
from cases.models.facts import Domain, Part, Person, PhoneVerification, Server, Site, Subject
from cases.models.finding import Collision, Finding, Severity
from cases.models.incoming import Incoming, IncomingRow, Phase, Verdict
from cases.models.photo import Photo
from cases.models.proposal import Proposal, ProposalState
from cases.models.requirement import Reopening, Requirement, RequirementState
from cases.models.stay import Stay, UsualStay
from cases.models.view import SavedView
from cases.models.watch import Watch

__all__ = [
    "Audience",
    "BulkRow",
    "BulkRun",
    "Case",
    "CaseEvent",
    "Collision",
    "Commercial",
    "Deadline",
    "DeadlineState",
    "Domain",
    "Duty",
    "DutyRound",
    "DutyState",
    "Finding",
    "Incoming",
    "IncomingRow",
    "Part",
    "Person",
    "Phase",
    "PhoneVerification",
    "Photo",
    "Proposal",
    "ProposalState",
    "Reopening",
    "Requirement",
    "RequirementState",
    "RowState",
    "SavedView",
    "Server",
    "Severity",
    "Site",
    "Stay",
    "Subject",
    "UsualStay",
    "Verdict",
    "Watch",
]
