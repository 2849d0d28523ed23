import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefile.records import Listing
from casefile.records.listing import Offer, Product
from classifier.identity import Identity, read_identity
from classifier.identity.dosage import languages


def identity(title: str, description: str = "") -> Identity:
    return read_identity(Listing(id="a", title=title, description=description or None))


@pytest.mark.parametrize(
    ("text", "strength"),
    [
        ("0.5 g", "500 mg"),
        ("0,5 g", "500 mg"),
        ("500 MG", "500 mg"),
        ("1.000 mg", "1000 mg"),
        ("1.250 g", "1250 mg"),
        ("100 mcg", "100 ug"),
        ("100 µg", "100 ug"),
        ("0.125 mg", "125 ug"),
        ("200 000 UI", "200000 iu"),
        ("5.000 I.E./ml", "5000 iu/ml"),
        ("250 mg/5 ml", "50 mg/ml"),
        ("12,5mg/5ml", "2.5 mg/ml"),
        ("160/4.5 mcg/dose", "160 ug + 4.5 ug/dose"),
        ("1 g/125 mg", "1000 mg + 125 mg"),
        ("200 mg+50 mg", "200 mg + 50 mg"),
        ("25 microgrammes/heure", "25 ug/h"),
        ("0.1%", "0.1 %"),
        ("600mg/30 tabs", "600 mg"),
        ("tramadol225mgx100", "225 mg"),
        ("５０ｍｇ", "50 mg"),
        ("١٠٠ ملغ", "100 mg"),
        ("۵۰ میلی گرم", "50 mg"),
        ("५० मिलीग्राम", "50 mg"),
        ("১০ মিলিগ্রাম", "10 mg"),
        ("1毫克", "1 mg"),
        ("50 мг/мл", "50 mg/ml"),
        ("100 단위", "100 iu"),
    ],
)
def test_a_strength_is_read_to_one_form_however_it_is_written(text: str, strength: str) -> None:
    assert identity(text).values("strengths") == (strength,)


@pytest.mark.parametrize("text", ["30 g tube of cream", "a 2021 model", "1024 x 768", "version 1.2.3.4"])
def test_what_is_no_dose_gives_no_strength(text: str) -> None:
    assert identity(text).strengths == ()


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("30 tablets", "30"),
        ("10x10 tabs", "100"),
        ("2 x 14", "28"),
        ("Cialis 20mg 30's", "30"),
        ("10mg x 60", "60"),
        ("60 x 10mg", "60"),
        ("№30", "30"),
        ("10 strips of 10", "100"),
        ("1 strip @ 4", "4"),
        ("３０錠", "30"),
        ("٣٠ حبة", "30"),
        ("१० गोलियाँ", "10"),
        ("30 таблеток", "30"),
        ("2支", "2"),
        ("tramadol225mgx100", "100"),
    ],
)
def test_a_pack_size_is_read_in_the_ways_packs_say_it(text: str, count: str) -> None:
    assert identity(text).values("counts") == (count,)


@pytest.mark.parametrize("text", ["1024 x 768 monitor", "100 units/ml", "250 mg/5 ml", "year 2024"])
def test_what_counts_no_units_gives_no_pack_size(text: str) -> None:
    assert identity(text).counts == ()


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("comprimé pelliculé", "tablet"),
        ("ampoules", "injection"),
        ("pré-rempli: stylo injecteur", "injection"),
        ("мазь", "ointment"),
        ("كبسولات", "capsule"),
        ("注射液", "injection"),
        ("錠剤", "tablet"),
        ("캡슐", "capsule"),
        ("पाउडर", "powder"),
        ("ยาหยอดตา", "eye drops"),
        ("viên nang", "capsule"),
        ("δισκία", "tablet"),
        ("טבליות", "tablet"),
        ("czopki", "suppository"),
        ("vidonge", "tablet"),
    ],
)
def test_a_dosage_form_is_read_in_its_language(text: str, form: str) -> None:
    assert form in identity(text).values("forms")


def test_forms_are_known_in_more_than_twenty_languages() -> None:
    assert len(languages()) >= 20


def test_the_brand_gives_the_substance_and_keeps_its_own_words() -> None:
    found = identity("Original VIAGRA 100mg, 4 tablets")
    assert found.values("substances") == ("sildenafil",)
    assert found.values("brands") == ("viagra",)
    assert found.strengths[0].quote == "100mg"


def test_structured_fields_are_read_with_the_text() -> None:
    listing = Listing(
        id="a",
        title="Blue pills",
        product=Product(substances=("Sildenafil",), strength="50 mg", form="tablet"),
        offers=(Offer(raw="100mg x 30", strength="100 mg"),),
        brand="Pillco",
    )
    found = read_identity(listing)
    assert found.values("substances") == ("sildenafil",)
    assert found.values("strengths") == ("50 mg", "100 mg")
    assert [q.field for q in found.strengths] == ["product.strength", "offers.0.strength"]
    assert found.values("brands") == ("pillco",)


def parts(found: Identity) -> list[tuple[str, int, int, str]]:
    every = (*found.substances, *found.strengths, *found.forms, *found.counts)
    return [(q.field, q.start, q.end, q.quote) for q in every]


@given(
    st.text(max_size=80),
    st.sampled_from(["Viagra ５００ｍｇ ﬁlm", "ترامادول ١٠٠ ملغ ٣٠ حبة", "1\u200b0 mg x 3\u00ad0 ㎎"]),
)
def test_every_quote_stands_exactly_where_it_says(noise: str, text: str) -> None:
    title = noise + " " + text
    for field, start, end, quote in parts(identity(title)):
        assert field == "title"
        assert title[start:end] == quote


@pytest.mark.parametrize("piece", ["1/", "1 000 ", "9", "1 mg, ", "1x", "tabs ", "片", "1.000."])
def test_a_text_made_to_stop_the_reader_gives_no_more_than_a_page_of_findings(piece: str) -> None:
    found = identity(piece * 50_000)
    assert len(found.strengths) <= 40
    assert max(len(found.forms), len(found.counts)) <= 200
    assert all(end <= 20_000 for _, _, end, _ in parts(found))
