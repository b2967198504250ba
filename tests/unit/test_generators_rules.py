from __future__ import annotations

import pytest

from generators.rules import checks, word_count

# In each language a post that passes every check but that no media is attached.
PLAIN = {
    "en": "The council approved the new tram line to the harbour this week. What do you think?",
    "de": "Der Stadtrat hat diese Woche die neue Straßenbahn zum Hafen beschlossen. Wie seht ihr das?",
    "fr": "Le conseil a approuvé cette semaine la nouvelle ligne de tramway vers le port. Votre avis ?",
    "es": "El ayuntamiento aprobó esta semana la nueva línea de tranvía hasta el puerto. ¿Qué opináis?",
    "it": "Il consiglio ha approvato questa settimana la nuova linea del tram verso il porto. Che ne pensate?",
    "pt": "A câmara aprovou esta semana a nova linha de elétrico até ao porto da cidade. O que acham?",
    "pl": "Rada miasta zatwierdziła w tym tygodniu nową linię tramwajową do portu. Co o tym sądzicie?",
    "ru": "Городской совет на этой неделе одобрил новую трамвайную линию к порту. Что вы думаете?",
    "el": "Το συμβούλιο ενέκρινε αυτή την εβδομάδα τη νέα γραμμή του τραμ προς το λιμάνι. Τι λέτε;",
    "ar": "وافق المجلس هذا الأسبوع على خط الترام الجديد الذي يصل وسط المدينة بالميناء. ما رأيكم؟",
    "he": "המועצה אישרה השבוע את קו הרכבת הקלה החדש מהמרכז אל הנמל של העיר. מה דעתכם?",
    "hi": "परिषद ने इस सप्ताह बंदरगाह तक नई ट्राम लाइन को मंज़ूरी दे दी है। आप क्या सोचते हैं?",
    "ja": "市議会は今週、駅から港まで延びる新しい路面電車の路線の建設を正式に承認した。みなさんはどう思いますか？",
    "zh": "市议会本周正式批准修建一条从火车站通往港口的新电车线路，预计五年后通车。你怎么看？",
    "ko": "시의회는 이번 주 항구까지 이어지는 새로운 전차 노선의 건설을 승인했다. 여러분의 생각은 어떠신가요?",
}
CHANGES = {
    "No external links in body": lambda text: f"{text} https://example.org/a",
    "No hashtags": lambda text: f"{text} #tram",
    "No excessive capitalization": lambda text: f"{text} BIG NEWS",
    "No excessive punctuation": lambda text: f"{text[:-1]}{text[-1]}!!",
    "No emojis": lambda text: f"{text} 🚊",
    "No em dashes or double dashes": lambda text: f"{text[:10]} — {text[10:]}",
}


def failed(text: str, *, has_link: bool = False, has_media: bool = False) -> set[str]:
    return {check.factor for check in checks(text, has_link=has_link, has_media=has_media) if not check.passed}


@pytest.mark.parametrize("language", PLAIN)
def test_a_plain_post_passes_everything_but_media(language: str) -> None:
    assert failed(PLAIN[language]) == {"Media attached"}
    assert failed(PLAIN[language], has_media=True) == set()


@pytest.mark.parametrize("language", PLAIN)
@pytest.mark.parametrize("factor", CHANGES)
def test_one_change_flips_one_check(language: str, factor: str) -> None:
    assert failed(CHANGES[factor](PLAIN[language]), has_media=True) == {factor}


@pytest.mark.parametrize("language", PLAIN)
def test_without_its_question_only_the_call_is_missing(language: str) -> None:
    text = PLAIN[language]
    first = max(text.find(mark) for mark in (". ", "。", "। "))
    longer = text[: first + 1] + " " + text[:first].strip(" .") + text[first]
    assert failed(longer, has_media=True) == {"Conversation-driving CTA"}


def test_a_link_in_the_body_of_a_post_that_has_a_link_fails_two() -> None:
    text = f"{PLAIN['en']} https://example.org/a"
    assert failed(text, has_link=True, has_media=True) == {"No external links in body", "Link-in-reply strategy"}


@pytest.mark.parametrize(
    ("text", "passes"), [("x" * 49, False), ("x" * 50, True), ("x" * 280, True), ("x" * 281, False)]
)
def test_length_is_from_50_to_280(text: str, passes: bool) -> None:
    assert ("Optimal length (50-280 characters)" not in failed(text)) is passes


def test_a_suggestion_stands_only_on_what_failed() -> None:
    assert all((check.suggestion is None) is check.passed for check in checks("HELLO WORLD!!"))


def test_there_are_eleven_with_the_servers_names() -> None:
    assert [check.factor for check in checks("")] == [
        "No external links in body",
        "No hashtags",
        "No excessive capitalization",
        "Conversation-driving CTA",
        "Optimal length (50-280 characters)",
        "Media attached",
        "No excessive punctuation",
        "No emojis",
        "No em dashes or double dashes",
        "Sufficient substance",
        "Link-in-reply strategy",
    ]


@pytest.mark.parametrize(
    ("text", "count"), [("one two three", 3), ("don't stop-gap", 2), ("新しい路面電車", 3), ("a 新しい", 2)]
)
def test_words_are_counted_in_any_script(text: str, count: int) -> None:
    assert word_count(text) == count


@pytest.mark.parametrize(
    "text", ["Prices in US$ & EU rules", "NATO talks", "№ 5, C# and issue #12", "2019-20 season © ™"]
)
def test_what_only_looks_like_a_fault_passes(text: str) -> None:
    assert not failed(text) & set(CHANGES)
