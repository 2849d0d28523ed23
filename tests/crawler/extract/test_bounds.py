import pytest

from crawler.extract.bounds import MAX_ATTRIBUTES, MAX_PAGE_BYTES, PageRefused, check_page

MANY = b" ".join(b"a%d=1" % number for number in range(100_000))


def test_an_ordinary_page_passes() -> None:
    check_page(b"<!doctype html><html><body class='a b' id=x><p>Text < 3 & more</p><script>if (a<b) {}</script>")


@pytest.mark.parametrize(
    "page",
    [
        b"<div " + MANY + b">x</div>",
        b"</div " + MANY + b">",
        b"<div " + MANY,
        b"<div " + MANY.replace(b"=1", b"='>'") + b">",
        b"<div " + MANY.replace(b"=1 ", b"/") + b">",
        b"<!-- <a ' --><div " + MANY + b">'",
        b"<script>x = '<a \"'</script><div " + MANY + b'>"',
        b"<script><!--<script></script><a \"</script><div " + MANY + b'>"',
        b"<svg><![CDATA[ > <a \"]]><div " + MANY + b'>"',
        b"<noscript><div " + MANY + b"></noscript>",
        b"<a x=\"\" \" ><div " + MANY + b'>"',
    ],
    ids=["open tag", "close tag", "never closed", "quoted >", "slashes", "after a comment", "after a script",
         "after a nested script", "after cdata", "inside noscript", "after a stray quote"],
)  # fmt: skip
def test_a_tag_with_100000_attributes_is_refused_however_it_hides(page: bytes) -> None:
    with pytest.raises(PageRefused, match=f"more than {MAX_ATTRIBUTES} attributes"):
        check_page(page)


def test_the_text_of_a_script_is_not_taken_for_a_tag() -> None:
    check_page(b"<script>for(i=0;i<n;i++){" + b"a=b; " * 5_000 + b"}</script><p>x</p>")


def test_a_tag_with_as_many_attributes_as_allowed_passes() -> None:
    check_page(b"<div " + b" ".join(b"a%d" % n for n in range(MAX_ATTRIBUTES)) + b">")
    with pytest.raises(PageRefused):
        check_page(b"<div " + b" ".join(b"a%d" % n for n in range(MAX_ATTRIBUTES + 1)) + b">")


def test_a_page_over_the_byte_bound_is_refused() -> None:
    with pytest.raises(PageRefused, match="bytes"):
        check_page(b"x" * (MAX_PAGE_BYTES + 1))


def test_a_page_with_too_many_tags_is_refused() -> None:
    with pytest.raises(PageRefused, match="tags"):
        check_page(b"<p>" * 400_001)
