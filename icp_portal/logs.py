"""What may stand in a log line: no query, no token, no number of a person."""

import logging
import re

_QUERY = re.compile(r"\?[^\s\"']*")
_BEARER = re.compile(r"(?i)(bearer\s+)\S+|\bicp_[A-Za-z0-9_-]{20,}")
_SECRET_PATH = re.compile(r"(/(?:invitations|unsubscribe|feeds)/)[^/\s\"']+")
_LONG_NUMBER = re.compile(r"(?<![\w-])\d{11,18}[\dXx]?(?![\w-])")


class Clean(logging.Filter):
    """Every line loses addresses' queries, tokens and anything shaped like a number of a person."""

    def filter(self, record: logging.LogRecord) -> bool:
        line = record.getMessage()
        line = _QUERY.sub("?…", line)
        line = _BEARER.sub(lambda found: (found.group(1) or "") + "…", line)
        line = _SECRET_PATH.sub(r"\1…", line)
        record.msg, record.args = _LONG_NUMBER.sub("…", line), ()
        return True
