from classifier.text.search import WordSearch

WORDS = ["no", "note", "24/7", "нет", "без рецепта", "无", "无需", "ไม่", "لا", "بدون", "€"]


def slowly(text: str) -> list[tuple[int, str]]:
    found = [(at + len(w) - 1, w) for w in WORDS for at in range(len(text)) if text.startswith(w, at)]
    return sorted(found, key=lambda each: (each[0], -len(each[1])))


def test_words_of_every_script_are_found_where_they_stand() -> None:
    search = WordSearch((word, word) for word in WORDS)
    for text in ("notes on 24/7", "нет, no: без рецепта", "无需处方 note €5", "ไม่ لا بدون no", "é ü 😀", ""):
        assert search.find(text) == slowly(text)


def test_nothing_to_look_for_finds_nothing() -> None:
    assert WordSearch([]).find("anything, что угодно") == []
