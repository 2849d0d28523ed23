from hypothesis import given
from hypothesis import strategies as st

from classifier.text.pieces import LONGEST_REMEMBERED, Remembered, pieces


@given(st.text(alphabet="ab \t\n."))
def test_pieces_and_breaks_add_up_to_the_text(text: str) -> None:
    parts = pieces(text)
    assert sum(map(len, parts)) + len(parts) - 1 == len(text)
    assert "".join(parts) == "".join(text.split())


def test_each_piece_is_read_once() -> None:
    read: list[str] = []

    def length(piece: str) -> int:
        read.append(piece)
        return len(piece)

    known = Remembered(length)
    assert [known[piece] for piece in ("one", "three", "one")] == [3, 5, 3]
    assert read == ["one", "three"]


def test_what_is_remembered_is_bounded_in_number_and_length() -> None:
    known = Remembered(len, most=10)
    for number in range(1000):
        assert known[str(number)] == len(str(number))
        assert len(known) <= 10
    assert known["x" * (LONGEST_REMEMBERED + 1)] == LONGEST_REMEMBERED + 1
    assert max(map(len, known)) <= LONGEST_REMEMBERED


def test_new_pieces_are_remembered_after_many_that_never_come_again() -> None:
    read: list[str] = []
    known = Remembered(lambda piece: read.append(piece), most=10)
    for number in range(1000):
        known[str(number)]
    read.clear()
    assert known["today"] == known["today"]
    assert read == ["today"]
