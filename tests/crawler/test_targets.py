"""The targets file: what it may say, and how its faults are named."""

import datetime as dt
from pathlib import Path

import pytest

from crawler.job import CrawlJob
from crawler.targets import Target, TargetError, add_target, find_target, load_targets

TODAY = dt.date(2026, 11, 21)
FULL = """
targets:
  - name: example-pharmacy
    kind: pharmacy
    start_urls: [https://shop.example/]
    countries: [DE, FR]
    budget: {pages: 50, seconds: 60, depth: 3}
    render: never
    delay: 2
    search: {terms: [sildenafil], url: "https://shop.example/search?q={term}"}
    robots_override: {legal_basis: Medicines Act s. 12, authoriser: Head of enforcement, expires: 2026-11-21}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "targets.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_target_becomes_a_job(tmp_path: Path) -> None:
    (target,) = load_targets(write(tmp_path, FULL))
    job = CrawlJob.for_target(target, tmp_path / "out", today=TODAY)
    assert (job.target, job.max_pages, job.max_seconds, job.max_depth) == ("example-pharmacy", 50, 60.0, 3)
    assert (job.render, job.delay, job.allow_loopback) == ("never", 2.0, False)
    assert job.robots_override is not None
    assert CrawlJob.model_validate_json(job.model_dump_json()) == job


def test_an_override_that_has_expired_stops_the_run(tmp_path: Path) -> None:
    (target,) = load_targets(write(tmp_path, FULL))
    with pytest.raises(ValueError, match="robots_override expired on 2026-11-21"):
        CrawlJob.for_target(target, tmp_path / "out", today=TODAY + dt.timedelta(days=1))


@pytest.mark.parametrize("missing", ["legal_basis", "authoriser", "expires"])
def test_an_override_needs_basis_authoriser_and_expiry(tmp_path: Path, missing: str) -> None:
    given = {"legal_basis": "Medicines Act", "authoriser": "Head", "expires": "2027-01-01"}
    del given[missing]
    text = f"targets: [{{name: a, start_urls: [https://a.example/], robots_override: {given}}}]"
    with pytest.raises(TargetError, match=rf"targets\[0\]\.robots_override\.{missing}: Field required"):
        load_targets(write(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("targets: [{name: a, start_urls: [ftp://a.example/]}]", r"start_urls\[0\]: 'ftp://a.example/' is not"),
        ("targets: [{name: a, start_urls: ['http://u:p@a.example/']}]", "must not carry a user name"),
        ("targets: [{name: a, start_urls: []}]", r"targets\[0\]\.start_urls: "),
        ("targets: [{name: A B, start_urls: [https://a.example/]}]", r"targets\[0\]\.name: 'A B' does not fit"),
        ("targets: [{name: a, start_urls: [https://a.example/], buget: {}}]", "buget: unknown field; known are name"),
        ("targets: [{name: a, start_urls: [https://a.example/], search: {terms: [x], url: 'https://a.example/'}}]",
         r"must contain \{term\}"),
        ("targets: [{name: a, start_urls: [https://a.example/]}, {name: a, start_urls: [https://b.example/]}]",
         r"targets\[1\]\.name: 'a' is used twice"),
        ("targets: {}", "must hold a list under the key 'targets'"),
        ("- a", "must hold a list under the key 'targets'"),
        ("targets: []\nother: 1", "unknown key 'other'"),
        ("targets: [", "line 2, column 1: not valid YAML"),
        ("targets: !!python/object/apply:os.system ['true']", "not valid YAML"),
    ],
)  # fmt: skip
def test_a_fault_names_file_and_field(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, text + "\n")
    with pytest.raises(TargetError, match=message) as caught:
        load_targets(path)
    assert str(caught.value).startswith(str(path))


def test_a_missing_or_unreadable_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="cannot be read"):
        load_targets(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"targets: [\xe9]")
    with pytest.raises(TargetError, match="not UTF-8 text"):
        load_targets(tmp_path / "latin.yaml")


def test_an_unknown_name_lists_the_known_ones(tmp_path: Path) -> None:
    targets = load_targets(write(tmp_path, FULL))
    with pytest.raises(TargetError, match=r"no target is called 'x' \(known: example-pharmacy\)"):
        find_target(targets, "x", source=tmp_path / "targets.yaml")


def test_adding_keeps_what_a_person_wrote(tmp_path: Path) -> None:
    path = write(tmp_path, "# mine\n" + FULL)
    add_target(path, Target(name="second", start_urls=("https://b.example/",)))
    assert path.read_text().startswith("# mine\n" + FULL.rstrip())
    assert [target.name for target in load_targets(path)] == ["example-pharmacy", "second"]
    with pytest.raises(TargetError, match="there already"):
        add_target(path, Target(name="second", start_urls=("https://b.example/",)))


def test_adding_begins_a_file(tmp_path: Path) -> None:
    path = tmp_path / "new" / "targets.yaml"
    target = Target(name="first", start_urls=("https://b.example/",), countries=("DE",))
    add_target(path, target)
    assert load_targets(path) == (target,)


def test_a_file_that_would_not_read_back_is_left_alone(tmp_path: Path) -> None:
    text = "targets: [{name: a, start_urls: [https://a.example/]}]\n"
    path = write(tmp_path, text)
    with pytest.raises(TargetError, match="not its last key"):
        add_target(path, Target(name="b", start_urls=("https://b.example/",)))
    assert path.read_text() == text
