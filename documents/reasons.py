"""Why a file was not taken, in words that say what to send instead; the codes are the API's."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

REFUSALS: dict[str, Promise] = {
    "empty": _("The file is empty. Choose it again, or take a new photo."),
    "too_large": _("The file is larger than 20 MB. Send a photo, or a scan at a lower resolution."),
    "size_differs": _(
        "The file that arrived is not the file that was announced. Choose it again and send it once more."
    ),
    "unknown_type": _(
        "We could not tell what kind of file this is. Send a photo (JPEG, PNG, HEIC, WebP) or a PDF."
    ),
    "other_picture": _("We do not take this kind of picture. Send a photo (JPEG, PNG, HEIC, WebP) or a PDF."),
    "film": _("This is a film or a sound. Take a photo of the paper instead."),
    "svg": _("This is a drawing (SVG), not a photo. Send a photo of the paper or a PDF."),
    "office": _(
        "This is an office document. Save it as a PDF, or print it and take a photo, then send that."
    ),
    "archive": _("This is an archive with files in it. Unpack it and send the photo or PDF itself."),
    "web_page": _("This is a web page, not a paper. Send a photo of the paper or a PDF."),
    "executable": _(
        "This is a program, not a paper. Look again at which file you chose, then send a photo or a PDF."
    ),
    "malware": _(
        "A virus check found something harmful in the file. Take a new photo of the paper and send that."
    ),
    "truncated": _(
        "The file ends in the middle; it was not copied completely. Choose the original again, or take a new photo."
    ),
    "damaged": _(
        "The file is damaged and cannot be read. Save it again from where it came, or take a new photo."
    ),
    "holds_another": _(
        "There is a second file hidden in this one. Take a new photo of the paper and send that."
    ),
    "too_many_pixels": _(
        "The picture is too large to open (more than 64 megapixels). Send a photo at the usual size."
    ),
    "too_many_pages": _("The PDF has more than 50 pages. Send only the pages of this paper."),
    "page_too_large": _(
        "A page of the PDF is larger than any sheet of paper. Scan or print it at its usual size."
    ),
    "too_complex": _(
        "The PDF is too complicated to open safely. Print it to a new PDF, or send a photo of each page."
    ),
    "too_heavy": _("The file needs too much memory or time to open. Send a photo of the paper instead."),
    "pdf_encrypted": _(
        "The PDF is protected by a password. Save it without protection, or send a photo of each page."
    ),
    "pdf_script": _("The PDF contains a script. Print it to a new PDF, or send a photo of each page."),
    "pdf_action": _(
        "The PDF starts something when it is opened. Print it to a new PDF, or send a photo of each page."
    ),
    "pdf_attachment": _("The PDF carries other files inside. Send each paper as a file of its own."),
    "pdf_form": _(
        "The PDF is a form that only its own program can show. Print it to a new PDF and send that."
    ),
    "could_not_open": _(
        "We could not open this file. Send a photo of the paper instead; our staff have been told."
    ),
    "lost": _("The file was lost on its way into storage. Please send it again."),
}

NOTES: dict[str, Promise] = {
    "small": _("A small picture: look whether everything can be read."),
    "first_frame": _("Only the first picture of a moving one is kept."),
    "type_differs": _("The file is of another kind than its name or sender said."),
    "duplicate": _("The same file was sent before."),
    "repaired": _("The PDF was slightly damaged and has been repaired."),
}


def sentence_of(code: str) -> str:
    """What the sender reads; a code nobody wrote a sentence for reads like a file that could not be opened."""
    return str(REFUSALS.get(code, REFUSALS["could_not_open"]))
