"""What libraries read from the environment."""

import os

import pytest

from flows.settings import prepare_environment


def test_helping_threads_soon_sleep_and_what_the_user_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    monkeypatch.setenv("TOKENIZERS_PARALLELISM", "true")
    prepare_environment()
    assert (os.environ["GOMP_SPINCOUNT"], os.environ["TOKENIZERS_PARALLELISM"]) == ("2000", "true")
