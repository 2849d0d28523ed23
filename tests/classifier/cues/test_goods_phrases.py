"""What the goods are said to be: found in wordings of many languages, not found where it is only reported."""

import pytest

from casefile.records import Listing
from classifier.cues import CueCatalogue


def cues(text: str) -> set[str]:
    return {cue.cue for cue in CueCatalogue.load().find(Listing.from_row({"id": "x", "description": text}))}


@pytest.mark.parametrize(
    ("cue", "text"),
    [
        ("counterfeit_admission", "Slimming coffee, we add sibutramine but nobody writes it on the label"),
        ("counterfeit_admission", "Xanax 2 mg, gepresst in eigener Presse"),
        ("counterfeit_admission", "Виагра 100 мг, коробки печатаем сами"),
        ("foreign_or_diverted", "Insulin pens brought over from Egypt"),
        ("foreign_or_diverted", "Ampollas de morfina, me dan de más en el seguro, caja dice muestra médica"),
        ("foreign_or_diverted", "Клексан, упаковка турецкая"),
        ("missing_identity", "Tramadol tablets, loose tablets in a zip bag, carton thrown away"),
        ("missing_identity", "Xanax sans boîte ni notice"),
        ("veterinary_for_human", "Ivermectina de caballo. La usamos en la familia contra el covid"),
        ("unsterile_or_homemade", "Testosterone, I brew every batch myself in my kitchen"),
        ("expired_or_degraded", "Ozempic pen, two doses left, date passed in March"),
        ("impossible_offer", "Rabies vaccine posted in an envelope, inject it yourself"),
        ("certificate_sale", "Sick note with real doctor's stamp, no consult, PDF on WhatsApp"),
        ("cold_chain_breach", "Insulin lag den ganzen Sommer im Auto"),
        ("bulk_offer", "Pregabalin 300 mg, minimum 50 cartons"),
        ("disease_claim", "Этот чай: рак уходит навсегда"),
        ("miracle_claim", "Slimming tea, lose 12 kg in a month, works for everyone"),
    ],
)
def test_what_is_wrong_with_the_goods_is_found(cue: str, text: str) -> None:
    assert cue in cues(text)


@pytest.mark.parametrize(
    "text",
    [
        "Police seized 400 pens: inside is starch and the label is a reprint of Ozempic",
        "BfArM warnt: Ozempic-Etikett nachgedruckt, Pens umetikettiert",
        "Росздравнадзор отозвал серию: Оземпик, коробки печатаем сами, писал продавец",
    ],
)
def test_what_an_authority_reports_is_no_admission(text: str) -> None:
    assert "counterfeit_admission" not in cues(text)


@pytest.mark.parametrize(
    ("cue", "text"),
    [
        ("counterfeit_admission", "Cold pressed black seed oil capsules with vitamin D"),
        ("missing_identity", "Omeprazole 20 mg, lose weight advice included, lost parcels refunded"),
        ("cold_chain_breach", "Amoxicillin 500 mg, store below 25 °C, keep in a drawer away from children"),
        ("disease_claim", "Obat diabetes metformin 500 mg, resep dokter wajib"),
        ("bulk_offer", "Metformin 500 mg, Lot 12345, 30 tablets"),
    ],
)
def test_everyday_words_of_the_same_sound_are_not(cue: str, text: str) -> None:
    assert cue not in cues(text)
