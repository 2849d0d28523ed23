import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crawler.imports.run import plan_import, run_import
from crawler.imports.source import ImportReport

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)

Import = Callable[..., tuple[ImportReport, list[dict[str, Any]]]]


def json_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


@pytest.fixture
def imported(tmp_path: Path) -> Import:
    """Import a source; gives the report and the listings of the bundle, which is left in ``tmp_path/bundle``."""

    def run(
        source: Path, *, columns: Mapping[str, str] | None = None, encoding: str | None = None
    ) -> tuple[ImportReport, list[dict[str, Any]]]:
        folder = tmp_path / "bundle"
        report = run_import(plan_import(source, columns=columns, encoding=encoding), folder, clock=lambda: NOON)
        return report, json_lines(folder / "listings.jsonl")

    return run
