"""The ways out: one file a channel, one `send`, one error."""

from notifications.channels.errors import ChannelError

__all__ = ["ChannelError"]
