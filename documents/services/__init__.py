"""What may be done with papers: take them in, check, judge, look at them, print forms, pack them for the provider."""

from documents.services.checking import check_document, drop_left, left_documents, waiting_documents
from documents.services.consenting import (
    ConsentMissing,
    consent_words,
    give_consent,
    has_consent,
    last_words,
    resting_cases,
    withdraw_consent,
    would_lift,
)
from documents.services.destroying import claim_for, destroy_due, replay_destroyed
from documents.services.exports import export_cases, make_export, open_export, waiting_exports
from documents.services.handouts import make_handout, open_handout, sweep_handouts, waiting_handouts
from documents.services.incoming import (
    form_of,
    incoming_arrived,
    read_incoming,
    start_incoming,
    sweep_incoming,
    waiting_incoming,
)
from documents.services.packing import ask_pack
from documents.services.parts import WrongWhole
from documents.services.printing import ask_form
from documents.services.reading import read_next
from documents.services.releasing import end_hold, hold_papers, release_papers
from documents.services.resuming import (
    Standing,
    cancel_upload,
    drop_cancelled,
    standing_of,
    start_parts,
    unfinished_of,
)
from documents.services.reusing import reusable, reuse_document
from documents.services.reviewing import accept_document, ask_to_judge, return_document
from documents.services.sweeping import drop_lying, sweep_folders, sweep_parts, sweep_uploads
from documents.services.taking import (
    ask_to_send,
    finish_upload,
    start_plain_upload,
    start_upload,
    take_from_quarantine,
)
from documents.services.viewing import Opened, open_document, small_picture
from documents.services.withdrawing import (
    destroy_withdrawn,
    may_take_back,
    withdraw_document,
    withdrawn_documents,
)

__all__ = [
    "ConsentMissing",
    "Opened",
    "Standing",
    "WrongWhole",
    "accept_document",
    "ask_form",
    "ask_pack",
    "ask_to_judge",
    "ask_to_send",
    "cancel_upload",
    "check_document",
    "claim_for",
    "consent_words",
    "destroy_due",
    "destroy_withdrawn",
    "drop_cancelled",
    "drop_left",
    "drop_lying",
    "end_hold",
    "export_cases",
    "finish_upload",
    "form_of",
    "give_consent",
    "has_consent",
    "hold_papers",
    "incoming_arrived",
    "last_words",
    "left_documents",
    "make_export",
    "make_handout",
    "may_take_back",
    "open_document",
    "open_export",
    "open_handout",
    "read_incoming",
    "read_next",
    "release_papers",
    "replay_destroyed",
    "resting_cases",
    "return_document",
    "reusable",
    "reuse_document",
    "small_picture",
    "standing_of",
    "start_incoming",
    "start_parts",
    "start_plain_upload",
    "start_upload",
    "sweep_folders",
    "sweep_handouts",
    "sweep_incoming",
    "sweep_parts",
    "sweep_uploads",
    "take_from_quarantine",
    "unfinished_of",
    "waiting_documents",
    "waiting_exports",
    "waiting_handouts",
    "waiting_incoming",
    "withdraw_consent",
    "withdraw_document",
    "withdrawn_documents",
    "would_lift",
]
