import pytest

from casefile.records import Listing
from classifier.cues.finder import CueCatalogue
from classifier.signals import SIGNALS, signals_of


@pytest.fixture(scope="module")
def catalogue() -> CueCatalogue:
    return CueCatalogue.load()


def signal(catalogue: CueCatalogue, name: str, row: dict[str, object]) -> float:
    listing = Listing.from_row({"id": "a", **row})
    return float(signals_of(listing, catalogue.find_all(listing))[SIGNALS.index(name)])


@pytest.mark.parametrize(
    "row",
    [
        {"price": "0.01", "currency": "BTC"},
        {"price": "[1.00e-07,1.49e+00)", "currency": "BTC(binned)"},
        {"price": "0.2 xmr"},
        {"price": "₿ 0.003"},
        {"price": "Ξ0.02"},
        {"price": "0.5 ETH"},
        {"price": "49 USD", "payments": ["card", "Bitcoin"]},
    ],
)
def test_a_price_in_a_crypto_currency_counts_however_it_is_written(
    catalogue: CueCatalogue, row: dict[str, object]
) -> None:
    assert signal(catalogue, "price:crypto", {"title": "Sertraline 50 mg", **row}) == 1
    assert signal(catalogue, "price:crypto_on_regulated", {"title": "Sertraline 50 mg", **row}) == 1
    assert signal(catalogue, "price:crypto_on_regulated", {"title": "Garden chair", **row}) == 0


@pytest.mark.parametrize(
    "row",
    [
        {"price": "49", "currency": "USD"},
        {"price": "3 methods", "currency": "EUR"},
        {"price": "900 USD per ton"},
        {"price": "Ξεκινά από 12 €"},
        {"price": "49 USD", "payments": ["card", "dash of trust"]},
        {},
    ],
)
def test_an_ordinary_price_is_no_crypto_price(catalogue: CueCatalogue, row: dict[str, object]) -> None:
    assert signal(catalogue, "price:crypto", {"title": "Sertraline 50 mg", **row}) == 0


def test_a_channel_counts_where_the_goods_are_a_device_or_a_document(catalogue: CueCatalogue) -> None:
    def cues(text: str) -> set[str]:
        return {c.cue for c in catalogue.find(Listing(id="a", description=text))}

    assert "messaging_contact" in cues("Surgical masks and gloves by the pallet. Order on WhatsApp +1 555 0100.")
    assert "messaging_contact" in cues("Vaccination certificate without the jab, write me on WhatsApp.")
    assert "messaging_contact" not in cues("Garden chairs, second hand. Order on WhatsApp +1 555 0100.")
