"""What to watch: a YAML file of targets, with a budget each, and the one way to override a robots.txt.

.. code-block:: yaml

    targets:
      - name: example-pharmacy
        kind: pharmacy
        start_urls: [https://shop.example/]
        countries: [DE, FR]
        budget: {pages: 500, seconds: 1800}
        search: {terms: [sildenafil, semaglutide]}
"""

import datetime as dt
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import yaml
from pydantic import AfterValidator, Field, StringConstraints, ValidationError

from casefile.records import Record
from crawler.net.addresses import host_and_port

TargetKind = Literal["pharmacy", "marketplace", "classifieds", "board", "social_mirror"]
RenderMode = Literal["auto", "never", "always"]
MAX_FILE_BYTES: Final = 4 * 1024 * 1024


class TargetError(Exception):
    """A targets file cannot be used; the message names the file, the place in it and what to do."""


def _web_address(url: str) -> str:
    if host_and_port(url) is None:
        raise ValueError(f"{url!r} is not an address that starts with http:// or https:// and names a host")
    if "@" in url.partition("//")[2].partition("/")[0]:
        raise ValueError("an address must not carry a user name or password")
    return url


def _search_address(url: str) -> str:
    if "{term}" not in url:
        raise ValueError("a search address must contain {term}, for example https://shop.example/search?q={term}")
    return _web_address(url)


WebAddress = Annotated[str, AfterValidator(_web_address)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=2000)]


class Budget(Record):
    """How much one site-run may cost."""

    pages: int = Field(default=1000, ge=1, le=1_000_000)
    seconds: float = Field(default=1800, gt=0, le=7 * 86_400)
    depth: int = Field(default=12, ge=0, le=100)
    """Links between a start page and the deepest page; going from one result page to the next does not count."""


class RobotsOverride(Record):
    """Leave to fetch what robots.txt refuses; never covers ``Crawl-delay``, 429, 503 or ``Retry-After``."""

    legal_basis: Text
    """The provision that empowers the agency, for example ``EU 2017/745 Art. 93``."""
    authoriser: Text
    """Who allowed it, by name or office."""
    expires: dt.date
    """Last day on which it holds (UTC)."""

    def holds(self, day: dt.date) -> bool:
        """Say whether the override is still in force."""
        return day <= self.expires


class Search(Record):
    """Words to put into the shop's own search."""

    terms: tuple[Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)], ...]
    url: Annotated[str, AfterValidator(_search_address)] | None = None
    """Address with ``{term}``; where it is left out the search form of the start page is used."""


class Target(Record):
    """One shop, marketplace, classifieds site or board to watch."""

    name: Name
    start_urls: tuple[WebAddress, ...] = Field(min_length=1, max_length=100)
    kind: TargetKind = "pharmacy"
    countries: tuple[Country, ...] = ()
    languages: tuple[str, ...] = ()
    every_hours: float | None = Field(default=None, gt=0)
    """How often it is due; absent: only when asked for."""
    budget: Budget = Budget()
    render: RenderMode = "auto"
    same_site: Literal["host", "domain"] = "host"
    """``domain``: also the other hosts under the registrable domain of a start URL."""
    delay: float | None = Field(default=None, ge=0, le=3600)
    """Least seconds between two requests to a host; a longer ``Crawl-delay`` wins."""
    subresource_hosts: tuple[str, ...] = ()
    """Other hosts a rendered page may load scripts and data from, for example the shop's CDN."""
    search: Search | None = None
    robots_override: RobotsOverride | None = None
    note: str | None = None


def load_targets(path: Path) -> tuple[Target, ...]:
    """Read a targets file; raises :class:`TargetError` that names the file and the field at fault."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise TargetError(f"{path}: larger than {MAX_FILE_BYTES} bytes; split it into several files")
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TargetError(
            f"{path}: cannot be read ({error.strerror}); 'pharmakon target add' begins such a file"
        ) from error
    except UnicodeDecodeError as error:
        raise TargetError(f"{path}: not UTF-8 text (byte {error.start}); save it as UTF-8") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise TargetError(f"{path}{place}: not valid YAML: {getattr(error, 'problem', error)}") from error
    return parse_targets(data, source=str(path))


def parse_targets(data: object, *, source: str) -> tuple[Target, ...]:
    """Build targets from parsed YAML; raises :class:`TargetError`."""
    rows = data.get("targets") if isinstance(data, dict) else None
    if not isinstance(rows, list):
        raise TargetError(f"{source}: must hold a list under the key 'targets'")
    if isinstance(data, dict) and (others := sorted(map(str, set(data) - {"targets"}))):
        raise TargetError(f"{source}: unknown key {others[0]!r} beside 'targets'")
    targets = [_parse_target(row, f"{source}: targets[{number}]") for number, row in enumerate(rows)]
    seen: set[str] = set()
    for number, target in enumerate(targets):
        if target.name in seen:
            raise TargetError(f"{source}: targets[{number}].name: {target.name!r} is used twice; names are unique")
        seen.add(target.name)
    return tuple(targets)


def _parse_target(row: object, place: str) -> Target:
    try:
        return Target.model_validate(row)
    except ValidationError as error:
        first = error.errors()[0]
        inside = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            message = f"unknown field; known are {', '.join(Target.model_fields)}"
        elif first["type"] == "string_pattern_mismatch":
            message = f"{first['input']!r} does not fit {first['ctx']['pattern']}"
        raise TargetError(f"{place}{inside}: {message}") from error


def find_target(targets: Sequence[Target], name: str, *, source: Path) -> Target:
    """Return the target called ``name``; raises :class:`TargetError` that lists the names there are."""
    for target in targets:
        if target.name == name:
            return target
    known = ", ".join(target.name for target in targets) or "none yet"
    raise TargetError(f"{source}: no target is called {name!r} (known: {known})")


def add_target(path: Path, target: Target) -> None:
    """Append a target to a file, keeping what a person wrote in it; raises :class:`TargetError`.

    The file is written whole and only after its new content was read back without fault.
    """
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    if before:
        known = load_targets(path)
        if any(other.name == target.name for other in known):
            raise TargetError(f"{path}: a target called {target.name!r} is there already; choose another name")
    text = before or "# What pharmakon watches; see 'pharmakon target add --help'.\ntargets: []\n"
    text = re.sub(r"^targets:\s*\[\s*\]\s*$", "targets:", text, flags=re.MULTILINE)
    block = yaml.safe_dump([_plain(target)], sort_keys=False, allow_unicode=True, default_flow_style=None)
    indented = "".join(f"  {line}\n" for line in block.splitlines())
    text = text.rstrip("\n") + "\n" + indented
    try:
        parsed = parse_targets(yaml.safe_load(text), source=str(path))
    except yaml.YAMLError as error:
        raise TargetError(f"{path}: 'targets' is not its last key; move it to the end, then add again") from error
    if target not in parsed:
        raise TargetError(f"{path}: 'targets' is not its last key; move it to the end, then add again")
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)


def _plain(target: Target) -> dict[str, Any]:
    return target.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
