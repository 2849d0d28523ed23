"""Why a fetch failed, in words for the run report."""

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
)


def plain_reason(error: BaseException) -> str:
    """Return one short clause that says what went wrong."""
    for kind, words in (
        (DownloadTimeoutError, "no answer in time"),
        (DownloadConnectionRefusedError, "the connection was refused"),
        (CannotResolveHostError, "the host name was not found"),
        (DownloadCancelledError, "the download was broken off"),
    ):
        if isinstance(error, kind):
            return words
    if isinstance(error, DownloadFailedError):
        return f"the connection failed: {error}"[:300]
    if isinstance(error, IgnoreRequest):
        return str(error)[:300]
    return f"{type(error).__name__}: {error}"[:300]
