import pytest

from crawler.extract.contacts import e164, find_contacts, hidden_email, link_contact
from crawler.extract.wallets import find_wallets, keccak256, wallet_currency


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("WhatsApp: +49 1512 3456789", "whatsapp", "+4915123456789"),
        ("واتساب ٠٠٩٦٦٥٠١٢٣٤٥٦٧", "whatsapp", "+966501234567"),
        ("Tel. 030 1234567", "phone", "+49301234567"),
        ("signal: +44 7911 123456", "signal", "+447911123456"),
        ("Telegram @bestmeds24", "telegram", "bestmeds24"),
        ("order via t.me/bestmeds24.", "telegram", "bestmeds24"),
        ("телеграм: apteka_24", "telegram", "apteka_24"),
        ("Wickr me: pharma_king", "wickr", "pharma_king"),
        ("加微信：abc12345", "wechat", "abc12345"),
        ("session id 05" + "ab" * 32, "session", "05" + "ab" * 32),
        ("mail sales@Shop.example now", "email", "sales@shop.example"),
        ("mail: sales (at) shop (dot) example", "email", "sales@shop.example"),
        ("john [at] shop [dot] net", "email", "john@shop.net"),
        ("john at shop dot net", "email", "john@shop.net"),
        ("IBAN DE89 3704 0044 0532 0130 00", "iban", "DE89370400440532013000"),
        ("pay to bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "wallet", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"),
    ],
)
def test_a_contact_is_found_and_brought_to_one_form(text: str, kind: str, value: str) -> None:
    found = {(contact.kind, contact.value) for contact in find_contacts(text, "DE")}
    assert (kind, value) in found


@pytest.mark.parametrize(
    "text",
    [
        "price 100 200 300, SKU 1234567890",
        "whatsapp only please",
        "join our Telegram channel for news",
        "we work at home.com style",
        "photo.jpg and 3@2x.png",
        "IBAN DE89 3704 0044 0532 0130 01",
        "a signal of quality, session of care",
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
    ],
)
def test_ordinary_words_and_numbers_are_no_contact(text: str) -> None:
    assert find_contacts(text, "DE") == []


def test_a_whatsapp_number_is_not_listed_again_as_a_telephone() -> None:
    found = find_contacts("WhatsApp +49 1512 3456789, tel +49 1512 3456789")
    assert [contact.kind for contact in found] == ["whatsapp"]


def test_the_raw_text_is_kept_as_written() -> None:
    (contact,) = find_contacts("WhatsApp +49 (1512) 34-567 89")
    assert contact.raw == "+49 (1512) 34-567 89"


@pytest.mark.parametrize(
    ("href", "kind", "value"),
    [
        ("https://wa.me/4915123456789?text=hi", "whatsapp", "+4915123456789"),
        ("https://api.whatsapp.com/send?phone=4915123456789", "whatsapp", "+4915123456789"),
        ("whatsapp://send?phone=4915123456789", "whatsapp", "+4915123456789"),
        ("tel:+49301234567", "phone", "+49301234567"),
        ("mailto:A@b.com?subject=x", "email", "a@b.com"),
        ("https://t.me/s/chan", "telegram", "chan"),
        ("tg://resolve?domain=chan", "telegram", "chan"),
        ("https://signal.me/#p/+447911123456", "signal", "+447911123456"),
        ("https://www.instagram.com/shop.meds/", "instagram", "shop.meds"),
    ],
)
def test_a_link_opens_a_contact(href: str, kind: str, value: str) -> None:
    contact = link_contact(href)
    assert contact is not None and (contact.kind, contact.value) == (kind, value)


@pytest.mark.parametrize(
    "href", ["https://facebook.com/sharer.php?u=x", "https://shop.example/t.me", "#top", "javascript:x()", "http://["]
)
def test_other_links_are_no_contact(href: str) -> None:
    assert link_contact(href) is None


def test_hidden_addresses_are_read() -> None:
    plain = b"a@b.com"
    assert hidden_email("2a" + bytes(byte ^ 0x2A for byte in plain).hex()) == "a@b.com"
    assert hidden_email("zz") is None


def test_an_impossible_number_has_no_value() -> None:
    assert e164("+49 1") is None
    assert e164("030 1234567") is None


@pytest.mark.parametrize(
    ("address", "currency"),
    [
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "BTC"),
        ("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "BTC"),
        ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", "BTC"),
        ("LaMT348PWRnrqeeWArpwQPbuanpXDZGEUz", "LTC"),
        ("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "TRX"),
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "ETH"),
        (
            "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A",
            "XMR",
        ),
    ],
)
def test_a_wallet_counts_with_a_right_checksum_only(address: str, currency: str) -> None:
    assert wallet_currency(address) == currency
    place = len(address) // 2
    changed = address[:place] + ("a" if address[place] not in "aA" else "c") + address[place + 1 :]
    assert wallet_currency(changed) is None
    assert list(find_wallets(f"send to {address}, not to {changed}")) == [(address, currency)]


def test_keccak_is_the_one_before_the_standard() -> None:
    assert keccak256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
