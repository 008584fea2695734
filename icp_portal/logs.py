"""What may stand in a log line: no query, no token, no number of a person, no row that an error tells of."""

import logging
import re
import traceback

_QUERY = re.compile(r"\?[^\s\"']*")
_BEARER = re.compile(r"(?i)(bearer\s+)\S+|\bicp_[A-Za-z0-9_-]{20,}")
_SECRET_PATH = re.compile(r"(/(?:invitations|unsubscribe|feeds)/)[^/\s\"']+")
_LONG_NUMBER = re.compile(r"(?<![\w-])\d{11,18}[\dXx]?(?![\w-])")


class Clean(logging.Filter):
    """Every line loses addresses' queries, tokens and anything shaped like a number of a person.

    An error keeps its kind and where it happened, not its words: the database tells the whole row in them.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        line = record.getMessage()
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            chain = _chain(error)
            for one in chain:
                for words in (repr(one), str(one)):
                    if words:
                        line = line.replace(words, f"<{type(one).__name__}>")
            record.exc_text = "\n".join(_places(one) for one in reversed(chain))
        line = _QUERY.sub("?…", line)
        line = _BEARER.sub(lambda found: (found.group(1) or "") + "…", line)
        line = _SECRET_PATH.sub(r"\1…", line)
        record.msg, record.args = _LONG_NUMBER.sub("…", line), ()
        return True


def _chain(error: BaseException) -> list[BaseException]:
    """The error, and those it came from."""
    found: list[BaseException] = []
    step: BaseException | None = error
    while step is not None and step not in found:
        found.append(step)
        step = step.__cause__ or step.__context__
    return found


def _places(error: BaseException) -> str:
    """The lines of code it went through, and its kind."""
    return (
        "".join(traceback.format_tb(error.__traceback__)) + f"{type(error).__module__}.{type(error).__name__}"
    )
