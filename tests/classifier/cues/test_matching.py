from pathlib import Path

import pytest

from classifier.cues.catalogue import load_phrases
from classifier.cues.matching import read, scan
from classifier.text.normalise import normalise


@pytest.mark.parametrize(("first", "second"), [("@x", "@x 买"), ("@x 买", "@x")])
def test_words_that_two_phrases_share_are_looked_for_with_the_gaps_of_each(
    tmp_path: Path, first: str, second: str
) -> None:
    """A gap is counted in words where a script has spaces and in characters where it has none."""
    (tmp_path / "words.yaml").write_text("words: {x: {zh: 'fax .. code'}}\n", encoding="utf-8")
    rules = f"{{a: {{source: s, phrases: {{zh: ['{first}', '{second}']}}}}}}"
    (tmp_path / "cue.yaml").write_text(f"cue: no_prescription\nrules: {rules}\n", encoding="utf-8")
    book = load_phrases(tmp_path)
    found = {phrase.rule: phrase for phrase in book.phrases}
    spaced = [rule for rule, phrase in found.items() if phrase.spaced]
    assert len(spaced) == 1
    hits = scan(book, read(book, normalise("fax one two three code 买")))
    assert [hit.phrase.rule for hit in hits] == spaced
