"""The keeper of translations finds what is missing, and invents nothing."""

from babel.messages.catalog import Catalog

from clients.management.commands import messages


def kept(**said) -> Catalog:
    catalog = Catalog(locale="zh_Hans")
    for source, chinese in said.items():
        catalog.add(source, chinese)
    return catalog


def house(tmp_path, page: str = "", code: str = ""):
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(page)
    (tmp_path / "clients").mkdir()
    (tmp_path / "clients" / "words.py").write_text(code)
    return tmp_path


def ours(catalog: Catalog) -> set:
    return {m.id for m in catalog if m.id and not {n for n, _ in m.locations} & {"allauth", "django"}}


def test_sentences_are_collected_from_code_and_pages(tmp_path):
    root = house(
        tmp_path,
        page='{% load i18n %}{% translate "Sign in" %}{% include "a.html" with title=_("Keys") %}'
        "{% blocktranslate trimmed count n=n %}One row{% plural %}{{ n }} rows{% endblocktranslate %}",
        code='from x import gettext as _, pgettext\n_("Not" " moved")\npgettext("state", "Filed")\n',
    )

    assert ours(messages.collect(root)) == {
        "Sign in",
        "Keys",
        ("One row", "%(n)s rows"),
        "Not moved",
        "Filed",
    }


def test_missing_untranslated_and_obsolete_are_named(tmp_path):
    root = house(tmp_path, code='_("Moved")\n_("Held")\n')

    found = list(messages.faults(messages.collect(root), kept(Held="", Gone="走了")))

    assert any(fault.startswith("missing: 'Moved'") for fault in found)
    assert any(fault.startswith("untranslated: 'Held'") for fault in found)
    assert "obsolete: 'Gone'" in found


def test_a_placeholder_lost_in_translation_is_named(tmp_path):
    root = house(tmp_path, code='_("Due %(day)s")\n')

    found = list(messages.faults(messages.collect(root), kept(**{"Due %(day)s": "截止"})))

    assert any(fault.startswith("placeholders: 'Due %(day)s'") for fault in found)


def test_merging_keeps_what_was_said_and_drops_what_is_gone(tmp_path):
    root = house(tmp_path, code='_("Moved")\n')

    merged = messages.merge(messages.collect(root), kept(Moved="已推进", Gone="走了"))

    assert merged.get("Moved").string == "已推进"
    assert merged.get("Gone") is None


def test_words_outside_every_tag_are_found(tmp_path):
    page = '<p title="fine">{% load i18n %}{% translate "Said" %} unsaid {{ x }}</p><kbd>Enter</kbd>'
    root = house(tmp_path, page=page)

    assert [fault.split("“")[1] for fault in messages.bare_words(root)] == [
        "unsaid” stands outside every translate tag"
    ]


def test_an_untrimmed_block_is_found(tmp_path):
    root = house(tmp_path, page="{% load i18n %}{% blocktranslate %}a{% endblocktranslate %}")

    assert len(list(messages.untrimmed(root))) == 1


def test_a_sentence_where_nobody_collects_it_is_found(tmp_path):
    code = 'f"{_(\'Hidden\')}"\nonce(said, pgettext, "state", "Handed over")\nonce(said, "key", _("Collected"))\n'

    found = list(messages.buried(house(tmp_path, code=code)))

    assert [fault.split(":")[1] for fault in found] == ["1", "2"]
