"""In the portal: the row itself is the message; there is nobody to hand it to."""


def send() -> None:
    """Nothing is to be done."""
