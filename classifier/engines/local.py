"""A pool of processes on one machine: ordered, bounded, the model loaded once per process."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from classifier.assess import Assessor
from classifier.lines import assess_lines, chunks, dump_line

CHUNK_ROWS = 256
CHUNK_BYTES = 4 << 20
"""What one process gets at a time: large enough to be worth sending, small enough to keep memory level."""

_AHEAD = 3
"""Chunks in flight per process."""

_assessor: Assessor | None = None
_fault: Exception | None = None


class EngineError(Exception):
    """The pool cannot go on; the message says why and what to do."""


def _start(folder: Path | None) -> None:
    global _assessor, _fault
    try:
        _assessor = Assessor.load(folder)
    except Exception as error:  # raised here it would only kill the process; the first task hands it to the parent
        _fault = error


def _ready() -> None:
    """Raise what kept this process from loading the model."""
    if _fault is not None:
        raise _fault


def _work(lines: list[bytes | None]) -> tuple[list[bytes], int]:
    _ready()
    if _assessor is None:
        raise RuntimeError("the process has no model")
    return _dump(assess_lines(_assessor, lines))


def _dump(rows: list[dict[str, Any]]) -> tuple[list[bytes], int]:
    return [dump_line(row) for row in rows], sum("error" in row for row in rows)


def score_rows(
    lines: Iterable[bytes | None], folder: Path | None = None, *, workers: int = 1
) -> Iterator[tuple[list[bytes], int]]:
    """Yield ``(output lines, how many of them are errors)`` chunk by chunk, in the order of ``lines``.

    Memory is bounded by ``workers`` times a few chunks, whatever the number of lines. Processes are spawned, not
    forked, so that no thread or lock of the parent is inherited half-way. Raises
    :class:`~classifier.persist.ModelError` before the first line is read, :class:`EngineError` when a process dies.
    """
    if workers <= 1:
        assessor = Assessor.load(folder)
        for chunk in chunks(lines, CHUNK_ROWS, CHUNK_BYTES):
            yield _dump(assess_lines(assessor, chunk))
        return
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_start, initargs=(folder,))
    waiting: deque[Future[tuple[list[bytes], int]]] = deque()
    try:
        pool.submit(_ready).result()  # a broken model is reported before the first line, in one message
        for chunk in chunks(lines, CHUNK_ROWS, CHUNK_BYTES):
            waiting.append(pool.submit(_work, chunk))
            if len(waiting) >= workers * _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise EngineError(
            "a worker process died (out of memory, or killed); run again, with fewer --workers if memory is short"
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
