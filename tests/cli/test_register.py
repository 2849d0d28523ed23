import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from casefile.records import Assessment, Listing
from casefile.store import Casefile
from cli.main import main
from cli.register_check import check_listing, with_licences

Run = Callable[..., Result]
BDPM = "\t".join(
    ["1", "VIAGRA 100 mg, comprimé", "comprimé", "orale", "Autorisation active", "", "", "", "", "", "LABO", ""]
)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["register", *arguments, "--workspace", str(tmp_path / "ws")])

    path = tmp_path / "CIS_bdpm.txt"
    path.write_bytes((BDPM + "\n").encode("latin-1"))
    return invoke


def listings(tmp_path: Path, *rows: dict[str, object]) -> str:
    path = tmp_path / "listings.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def test_a_register_is_imported_listed_and_asked(run: Run, tmp_path: Path) -> None:
    done = run("import", str(tmp_path / "CIS_bdpm.txt"), "--mapping", "bdpm", "--date", "2026-01-31", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["entries"] == 1
    assert "bdpm" in run("list").output
    source = listings(
        tmp_path,
        {"id": "a", "title": "Viagra 100 mg x 4 tablets", "ships_to": ["FR", "JP"]},
        {"id": "b", "title": "Kamagra 100 mg", "ships_to": ["FR"]},
        {"id": "c", "title": "Viagra 100 mg", "ships_to": ["*"]},
    )
    found = [json.loads(line) for line in run("check", "--in", source, "--json").stdout.splitlines()]
    answers = [{one["country"]: one["answer"] for one in row["countries"]} for row in found]
    assert answers == [{"FR": "authorised", "JP": "register not loaded"}, {"FR": "not found"}, {"FR": "authorised"}]
    assert "authorised: VIAGRA" in run("check", "--in", source).output


def test_the_same_file_again_says_so(run: Run, tmp_path: Path) -> None:
    first, again = (run("import", str(tmp_path / "CIS_bdpm.txt"), "--mapping", "bdpm") for _ in range(2))
    assert first.exit_code == again.exit_code == 0
    assert "nothing changed" in again.output


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("--mapping", "nowhere"), 1, "no such mapping"),
        (("--mapping", "bdpm", "--kind", "sellers"), 1, "mapping of products"),
        (("--mapping", "bdpm", "--date", "31.1.2026"), 2, "2026-11-01"),
    ],
)
def test_what_cannot_be_imported_is_refused(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], status: int, said: str
) -> None:
    done = run("import", str(tmp_path / "CIS_bdpm.txt"), *arguments)
    assert done.exit_code == status
    assert said in done.output


def test_a_line_that_is_no_listing_is_named_and_the_rest_answered(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "listings.jsonl"
    path.write_text('{"id": "a", "title": "Viagra 100 mg"}\nnot json\n', encoding="utf-8")
    done = run("check", "--in", str(path))
    assert done.exit_code == 1
    assert "line 2" in done.output
    assert "a: sildenafil" in done.output


def test_check_needs_one_of_id_and_file(run: Run) -> None:
    assert run("check").exit_code == 2
    assert run("check", "missing").exit_code == 1


SELLERS = "host,name,licence,status\nhttps://www.pharmacie.example/,Pharmacie,FR-75-12345,licensed\n"


def _assessment(listing_id: str) -> Assessment:
    return Assessment(
        id=listing_id,
        kind="medicine",
        kind_probabilities={},
        risk=0.5,
        suspected={},
        priority=0.4,
        model="m",
        lexicon="l",
    )


def test_assessing_lowers_the_priority_of_a_licensed_seller_only(run: Run, tmp_path: Path) -> None:
    shops = ("pharmacie.example", "evil-pharmacie.example", "pharmacie.example.evil.tld")
    offers = [Listing(id=site, title="Viagra 100 mg", site=site) for site in shops]
    said = [_assessment(offer.id) for offer in offers]
    with Casefile.open(tmp_path / "ws") as casefile:
        assert with_licences(casefile, offers, said) == said
    path = tmp_path / "sellers.csv"
    path.write_text(SELLERS, encoding="utf-8")
    assert run("import", str(path), "--mapping", "sellers-csv", "--kind", "sellers").exit_code == 0
    with Casefile.open(tmp_path / "ws") as casefile:
        found = with_licences(casefile, offers, said)
    assert [one.priority < 0.4 for one in found] == [True, False, False]
    assert [one.risk for one in found] == [0.5] * 3


def test_a_product_that_is_not_found_changes_no_assessment(run: Run, tmp_path: Path) -> None:
    assert run("import", str(tmp_path / "CIS_bdpm.txt"), "--mapping", "bdpm").exit_code == 0
    offer = Listing(id="a", title="Kamagra 100 mg", ships_to=("FR",))
    with Casefile.open(tmp_path / "ws") as casefile:
        (answer,) = check_listing(casefile, offer, assessment=_assessment("a")).countries
        assert answer.answer == "not found"
        assert with_licences(casefile, [offer], [_assessment("a")]) == [_assessment("a")]


def test_countries_named_in_words_are_understood(run: Run, tmp_path: Path) -> None:
    offer = Listing(id="a", title="Viagra 100 mg", ships_to=("France, Deutschland", "UK"))
    with Casefile.open(tmp_path / "ws") as casefile:
        found = check_listing(casefile, offer)
    assert [one.country for one in found.countries] == ["FR", "DE", "GB"]
    assert {one.answer for one in found.countries} == {"register not loaded"}
