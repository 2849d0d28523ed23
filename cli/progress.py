"""The progress bar of every verb that may take more than two seconds."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn


def progress_bar(*, counted: bool = True) -> Progress:
    """Return a bar on standard error for one or more tasks; silent when standard error is no terminal.

    ``counted=False`` shows per cent instead of "3/10".
    """
    console = Console(stderr=True)
    column = MofNCompleteColumn() if counted else TaskProgressColumn()
    columns = (TextColumn("{task.description}"), BarColumn(), column, TimeElapsedColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal)


@contextmanager
def steps(title: str, *, counted: bool = True) -> Iterator[Callable[[int, int], None]]:
    """Show one task and yield what moves it: ``report(done, total)``."""
    with progress_bar(counted=counted) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
