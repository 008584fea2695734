import pytest

from documents.filenames import clean_name
from documents.storage import disposition


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("passport.jpg", "passport.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\护照 1.HEIC", "护照 1.HEIC"),
        ("a\r\nSet-Cookie: x=1.pdf", "a Set-Cookie: x=1.pdf"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("\u2066hidden\u2069\u200b.pdf", "hidden.pdf"),
        ("nul\0byte.pdf", "nulbyte.pdf"),
        ("e\u0301.pdf", "é.pdf"),
        ("", "paper"),
        ("...", "paper"),
        ("/", "paper"),
        (" \t\n ", "paper"),
        ("lone \ud800 surrogate.pdf", "lone surrogate.pdf"),
        ("x" * 4000 + ".jpeg", "x" * 115 + ".jpeg"),
        ("长" * 4000, "长" * 120),
    ],
)
def test_a_strangers_name_becomes_one_line_of_text(given, kept):
    assert clean_name(given) == kept


@pytest.mark.parametrize("name", ['a"b.pdf', "a\r\nb.pdf", "护照.pdf", "a;b=c.pdf", "%00.pdf", "x" * 120])
def test_a_name_never_breaks_out_of_its_header(name):
    said = disposition(clean_name(name), inline=True)

    assert said.isascii() and "\n" not in said and "\r" not in said
    assert said.count('"') == 2
