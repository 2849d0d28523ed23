"""The example that newcomers copy is a file the program takes."""

from pathlib import Path

from crawler.targets import load_targets

EXAMPLE = Path(__file__).parents[2] / "data" / "targets" / "example.yaml"


def test_the_example_loads_and_its_commented_override_does_too(tmp_path: Path) -> None:
    assert [target.name for target in load_targets(EXAMPLE)] == ["example-pharmacy", "example-board"]

    with_override = tmp_path / "targets.yaml"
    text = EXAMPLE.read_text(encoding="utf-8").replace("    # robots", "    robots").replace("    #   ", "      ")
    with_override.write_text(text, encoding="utf-8")
    override = load_targets(with_override)[1].robots_override
    assert override is not None
    assert override.authoriser == "Head of enforcement"
