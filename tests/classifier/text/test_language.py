import pytest

from classifier.text.language import detect


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Ozempic sin receta con envío a toda España", "es"),
        ("Ozempic ohne Rezept und mit schneller Lieferung", "de"),
        ("Купить без рецепта, доставка по России", "ru"),
        ("Продам без рецепта, швидка доставка і ціна", "uk"),
        ("无需处方直接发货", "zh-Hans"),
        ("無需處方直接發貨", "zh-Hant"),
        ("処方箋なしで購入できます", "ja"),
        ("처방전 없이 구매", "ko"),
        ("بدون وصفة طبية مع التوصيل", "ar"),
        ("بدون نسخه ارسال می‌شود، چاپ و پست", "fa"),
        ("ڈاکٹر کے نسخے کے بغیر دوا", "ur"),
        ("डॉक्टर के पर्चे के बिना दवा", "hi"),
        ("প্রেসক্রিপশন ছাড়াই", "bn"),
        ("ไม่ต้องใช้ใบสั่งแพทย์", "th"),
        ("thuốc không cần đơn của bác sĩ", "vi"),
        ("dawa hii bila cheti cha daktari na bei", "sw"),
        ("ያለ ሐኪም ማዘዣ", "am"),
        ("obat keras tanpa resep dokter dan bisa kirim", "id"),
        ("We ship to you without the need", "en"),
    ],
)
def test_a_short_offer_is_told_by_script_and_small_words(text: str, language: str) -> None:
    assert detect(text) == language


@pytest.mark.parametrize("text", ["", "12345", "💊💊", "\ud800", "Xanax 2mg"])
def test_too_little_text_has_no_language(text: str) -> None:
    assert detect(text) is None
