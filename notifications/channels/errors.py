"""What a channel says when it could not, or does not know whether it could."""

from __future__ import annotations

from datetime import timedelta


class ChannelError(Exception):
    """`reason` is a code of ours, never the other side's words: those may hold an address.

    `permanent`: trying again is useless. `bounced`: the recipient's server refused this recipient. `unknown`: it may
    have been taken. `down`: the channel as a whole does not answer, so that others need not try now. `wait`: the other
    side takes no more for so long; that is no failed try, it was never looked at.
    """

    def __init__(
        self,
        reason: str,
        *,
        permanent: bool = False,
        bounced: bool = False,
        unknown: bool = False,
        down: bool = False,
        wait: timedelta | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent or bounced
        self.bounced = bounced
        self.unknown = unknown
        self.down = down
        self.wait = wait
