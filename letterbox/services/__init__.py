"""Letters are taken in, filed where all is proven, and sorted by people where it is not."""

from letterbox.services.receiving import BoxFull, receive
from letterbox.services.sorting import discard, drop_file, file_letter, take_file
from letterbox.services.sweeping import sweep

__all__ = ["BoxFull", "discard", "drop_file", "file_letter", "receive", "sweep", "take_file"]
