from __future__ import annotations

import pytest

from generators.model.tongue import foreign

ENGLISH = "The tram will cost 48 million euros, and nobody knows who is going to pay for it in the end."
GERMAN = "Die Straßenbahn kostet 48 Millionen Euro, und niemand weiß, wer sie am Ende bezahlen soll."
JAPANESE = "路面電車は四千八百万ユーロかかり、最終的に誰が支払うのかは誰にも分からないと市長は火曜日の夜に述べました"


@pytest.mark.parametrize(
    ("text", "wanted", "found"),
    [
        (ENGLISH, "de", "en"),
        (GERMAN, "en", "de"),
        (JAPANESE, "en", "ja"),
        (ENGLISH, "ja", "en"),
        (ENGLISH, "en", None),
        (GERMAN, "de", None),
        (JAPANESE, "ja", None),
        (ENGLISH, None, None),
        (ENGLISH, "xx", None),
        ("Tram? Oui!", "en", None),
        ("Der Bürgermeister Ada Brandt spricht. " + ENGLISH, "en", None),
    ],
)
def test_another_language_is_named_only_where_it_is_certain(text: str, wanted: str | None, found: str | None) -> None:
    assert foreign(text, wanted, "") == found


@pytest.mark.parametrize("prompt", ["Write it in German, please", "auf Deutsch"])
def test_a_language_that_the_owner_asks_for_is_not_foreign(prompt: str) -> None:
    assert foreign(GERMAN, "en", prompt) is None
    assert foreign(ENGLISH, "fr", prompt) == "en"
