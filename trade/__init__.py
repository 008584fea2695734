"""What the trade knows: numbers, days, papers, reasons, messages; pure functions over dated data."""

from .refusal import Refused

__all__ = ["Refused"]
