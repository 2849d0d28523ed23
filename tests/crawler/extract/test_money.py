from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extract.locale import PageLocale, page_locale
from crawler.extract.money import find_money, read_price


def place(language: str | None = None, country: str | None = None, currency: str | None = None) -> PageLocale:
    return PageLocale(language, country, currency)


@pytest.mark.parametrize(
    ("text", "locale", "amount", "currency"),
    [
        ("59,90 €", place("de", "DE"), "59.90", "EUR"),
        ("1.299,00 kr", place("sv"), "1299.00", "SEK"),
        ("1.299,00 kr", place("da", "DK"), "1299.00", "DKK"),
        ("₹1,299", place("en", "IN"), "1299", "INR"),
        ("₹1,23,456.50", place("en", "IN"), "123456.50", "INR"),
        ("BTC 0.004", place(), "0.004", "BTC"),
        ("0,0125 XMR", place("de"), "0.0125", "XMR"),
        ("from $1.05 per pill", place("en"), "1.05", "USD"),
        ("30 pills from $49.95", place("en"), "49.95", "USD"),
        ("$ 3.350", place("es", "AR"), "3350", "ARS"),
        ("USDT 45", place(), "45", "USDT"),
        ("45 USDT", place("en"), "45", "USDT"),
        ("Rp96.500", place("id"), "96500", "IDR"),
        ("١٬٢٩٩٫٥٠ ر.س", place("ar"), "1299.50", "SAR"),
        ("₹१,२९९", place("hi"), "1299", "INR"),
        ("￥１，２９９", place("ja"), "1299", "JPY"),
        ("1 299,00 zł", place("pl"), "1299.00", "PLN"),
        ("CHF 1'299.-", place("de", "CH"), "1299", "CHF"),
        ("59,- €", place("de"), "59", "EUR"),
        ("131 990 тг.", place("ru", "KZ"), "131990", "KZT"),
        ("30,000원~", place("ko"), "30000", "KRW"),
        ("$12.50 USD", place("en", "CA"), "12.50", "USD"),
        ("$12.50", place("en", "CA"), "12.50", "CAD"),
        ("$12.50", place("es", None, "MXN"), "12.50", "MXN"),
        ("352 р.", place("ru", "BY"), "352", "BYN"),
        ("R$ 1.299,90", place("pt"), "1299.90", "BRL"),
        ("12.345 KWD", place("en", "KW"), "12.345", "KWD"),
        ("10 x 5,99 €", place("de"), "5.99", "EUR"),
    ],
)
def test_an_amount_is_read_as_its_page_means_it(text: str, locale: PageLocale, amount: str, currency: str) -> None:
    price = read_price(text, locale)
    assert price is not None
    assert (price.amount, price.currency, price.reason) == (amount, currency, None)
    assert price.raw == text


@pytest.mark.parametrize(
    ("text", "locale", "reason"),
    [
        ("$ 3.350", place("en"), "ambiguous separator"),
        ("2.449 €", place(), "ambiguous separator"),
        ("1.2.3,4.5 €", place("de"), "no known order"),
        ("$ 45", place("es"), "several currencies"),
        ("45 kr", place("en"), "several currencies"),
        ("Rs 500", place(), "several currencies"),
        ("500", place("en"), "no currency beside the number"),
        ("call 089 123456", place("de"), "several numbers"),
    ],
)
def test_what_cannot_be_decided_keeps_its_text_and_the_reason(text: str, locale: PageLocale, reason: str) -> None:
    price = read_price(text, locale)
    assert price is not None and price.raw == text
    assert price.amount is None or price.currency is None
    assert price.reason is not None and reason in price.reason


def test_a_range_gives_its_lower_end_and_says_so() -> None:
    price = read_price("Rp96.500 - Rp168.500", place("id"))
    assert price is not None and price.amount == "96500"
    assert price.reason == "a range up to Rp168.500"


def test_a_number_without_a_currency_is_not_money() -> None:
    assert list(find_money("100 mg x 60 pills, batch 4711, try 5 now, all 7 of them", place("en"))) == []


def test_each_amount_of_a_row_is_found_once_in_order() -> None:
    found = list(find_money("100mg x 60 pills | $89.00 | $1.48", place("en")))
    assert [money.amount for money in found] == [Decimal("89.00"), Decimal("1.48")]
    assert [money.raw for money in found] == ["$89.00", "$1.48"]


def test_a_sign_between_two_amounts_belongs_to_one_of_them() -> None:
    found = list(find_money("19,90€ 15,90€", place("fr")))
    assert [(money.amount, money.currency) for money in found] == [(Decimal("19.90"), "EUR"), (Decimal("15.90"), "EUR")]


@given(st.decimals(min_value=0, max_value=999_999, places=2))
def test_what_a_german_shop_writes_is_read_back(value: Decimal) -> None:
    written = f"{value:,.2f}".replace(",", " ").replace(".", ",").replace(" ", ".")
    price = read_price(f"{written} €", place("de", "DE"))
    assert price is not None and price.amount is not None
    assert Decimal(price.amount) == value


@given(st.decimals(min_value=0, max_value=9_999_999, places=2))
def test_what_an_english_shop_writes_is_read_back(value: Decimal) -> None:
    price = read_price(f"£{value:,.2f}", place("en", "GB"))
    assert price is not None and price.amount is not None
    assert Decimal(price.amount) == value


@given(st.text(max_size=80))
def test_any_text_is_survived_and_places_are_right(text: str) -> None:
    for money in find_money(text, place("en")):
        assert text[money.start : money.end].strip() == money.raw
    price = read_price(text, place("de"))
    assert price is None or price.amount is not None or price.reason


@given(st.text(alphabet="0123456789.,' €$", max_size=40))
def test_an_amount_holds_the_digits_that_were_written(text: str) -> None:
    for money in find_money(text, place("en", "US")):
        if money.amount is not None:
            digits = "".join(c for c in money.raw if c.isdigit())
            assert f"{money.amount:f}".replace(".", "").lstrip("0") == digits.lstrip("0")


@pytest.mark.parametrize(
    ("url", "language", "country"),
    [
        ("https://shop.com.ar/x", "es", "AR"),
        ("https://shop.co.uk/x", None, "GB"),
        ("https://shop.com/en-ca/x", "en", "CA"),
        ("https://shop.com/gb/en/p/1", "en", "GB"),
        ("https://shop.io/x", "en", None),
        ("https://shop.com/", "de-AT", "AT"),
        ("https://shop.com/", "en-US", None),
        ("file.html", None, None),
    ],
)
def test_the_country_of_a_page_comes_from_path_host_or_language(
    url: str, language: str | None, country: str | None
) -> None:
    assert page_locale(url, language).country == country
