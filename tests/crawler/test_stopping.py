import subprocess
import sys

import pytest

from crawler.stopping import resident_mb

_LARGE = """
import subprocess, sys
held = bytearray(600 << 20)
print(subprocess.run([sys.executable, "-c", sys.argv[1]], capture_output=True, text=True, check=True).stdout)
"""
_TELL = "from crawler.stopping import resident_mb; print(resident_mb())"


def test_a_process_knows_its_own_peak() -> None:
    before = resident_mb()
    held = bytearray(b"1") * (64 << 20)
    assert before > 10 and resident_mb() >= max(64, before) and len(held)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands the size of the parent on")
def test_the_size_of_the_program_that_started_a_crawl_is_not_counted() -> None:
    said = subprocess.run([sys.executable, "-c", _LARGE, _TELL], capture_output=True, text=True, check=True).stdout
    assert 10 < int(said) < 500
