"""What the story prints."""


def report(position: int, what: str) -> None:
    """Prints what happened, after the position of its record in the log."""
    print(f"{position:>6}  {what}")
