"""Tables for a spreadsheet."""


class Echo:
    """What csv writes to, where each line is to be sent on by itself."""

    def write(self, line: str) -> str:
        return line


def plain(text: str) -> str:
    """A text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r", "\n"} else text
