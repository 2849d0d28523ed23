"""The schema of referrals as a page to read.

``python -m casefile.referral.schema_page > data/schemas/referral-1.md`` makes it anew.
"""

import json
from collections.abc import Iterator
from typing import Any

from casefile.referral.schema import load_schema


def schema_page() -> str:
    """Return the schema as Markdown: one row per field, in the order of the file."""
    schema = load_schema()
    lines = [
        f"# {schema['title']}",
        "",
        "Made from `referral-1.json` by `python -m casefile.referral.schema_page`.",
        "",
        schema["description"],
        "",
        "| field | needed | what it says | unit | source | example |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    lines += [" | ".join(["", *row, ""]).strip() for row in _rows(schema, "")]
    return "\n".join(lines) + "\n"


def _rows(schema: dict[str, Any], path: str) -> Iterator[tuple[str, ...]]:
    for name, field in schema.get("properties", {}).items():
        inner = field.get("items", field)
        where = f"{path}{name}{'[]' if field.get('type') == 'array' else ''}"
        example = json.dumps(field["examples"][0], ensure_ascii=False) if "examples" in field else ""
        needed = "yes" if name in schema.get("required", ()) else ""
        cells = (field["description"], field.get("x-unit", ""), field["x-source"], f"`{example}`" if example else "")
        yield f"`{where}`", needed, *(cell.replace("|", "\\|") for cell in cells)
        yield from _rows(inner, f"{where}.")


if __name__ == "__main__":
    print(schema_page(), end="")
