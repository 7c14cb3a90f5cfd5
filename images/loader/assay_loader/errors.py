"""Why the program ends without having done its work."""

TRY_AGAIN = 75  # EX_TEMPFAIL of sysexits.h: another try may succeed


class LoaderError(Exception):
    """The text is one sentence for people; `again` says whether another try makes sense."""

    def __init__(self, sentence: str, *, again: bool = False) -> None:
        super().__init__(sentence)
        self.again = again
