import json
import subprocess
import sys

import pytest

from crawler.sandbox.catalogue import SITE_KEYS, SiteKey
from tests.crawler.sandbox.conftest import Visit, Walked
from tests.crawler.sandbox.walking import get


def test_no_server_module_can_see_the_truth() -> None:
    program = "import sys, json, crawler.sandbox.server; print(json.dumps(sorted(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = json.loads(answer.stdout)
    assert "crawler.sandbox.catalogue" in loaded
    assert "crawler.sandbox.truth" not in loaded
    assert "crawler.sandbox.check" not in loaded


@pytest.mark.parametrize("site", SITE_KEYS)
@pytest.mark.parametrize(
    "path",
    [
        "/truth/{site}.jsonl", "/data/sandbox/truth/{site}.jsonl", "/../truth/{site}.jsonl",
        "/..%2ftruth%2f{site}.jsonl", "/{site}.yaml", "/assets/../../truth/{site}.jsonl",
        "/api/products/..%2f..%2ftruth", "/generation?set=2",
    ],
)  # fmt: skip
def test_the_truth_is_under_no_path(visit: Visit, site: SiteKey, path: str) -> None:
    answer = get(visit(site), path.format(site=site))
    assert "suspicion" not in answer.text
    assert "no_prescription" not in answer.text
    if site != "rogue":  # whose missing pages say 200
        assert answer.status_code == 404


@pytest.mark.parametrize("site", SITE_KEYS)
def test_no_page_holds_a_label_of_the_truth(walked: Walked, site: SiteKey) -> None:
    for answer in walked(site).values():
        for label in (
            "no_prescription",
            "illegal_supply",
            "suspicion",
            "controlled_substance",
            "site_text",
            '"expected"',
        ):
            assert label not in answer.text
