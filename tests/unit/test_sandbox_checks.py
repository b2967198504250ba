from dataclasses import dataclass

import pytest

from sandbox.editorial.checks import CHECKS, judge

LINK, TAGS, CAPS, CTA, LENGTH, MEDIA, MARKS, EMOJI, DASH, SUBSTANCE, REPLY = range(11)
MENTIONS = "@ostinato_demo_1 @ostinato_lab_22 @ostinato_de_333 "


@dataclass(frozen=True)
class Sample:
    statement: str
    question: str
    tag: str
    glue: str = " "

    @property
    def text(self) -> str:
        return self.statement + self.glue + self.question


SAMPLES = {
    "English": Sample(
        "We moved the weekly post from eight to half past nine and more readers answered.",
        "Which hour is yours?",
        "time",
    ),
    "German": Sample(
        "Wir haben den Beitrag von acht auf halb zehn verschoben, und mehr Leser haben sich gemeldet.",
        "Welche Zeit passt?",
        "größe",
    ),
    "French": Sample(
        "Nous avons déplacé la publication de huit à neuf heures et les lecteurs sont plus nombreux.",
        "Quelle heure préférez-vous ?",
        "été",
    ),
    "Spanish": Sample(
        "Hemos movido la publicación de las ocho a las nueve y media y ahora leen más personas.",
        "¿Qué hora prefieres?",
        "mañana",
    ),
    "Portuguese": Sample(
        "Mudamos a publicação das oito para as nove e meia e agora mais leitores participam.",
        "Qual é a sua hora?",
        "manhã",
    ),
    "Italian": Sample(
        "Abbiamo spostato il post dalle otto alle nove e mezza e ora partecipano più lettori.",
        "Quale ora preferisci?",
        "città",
    ),
    "Dutch": Sample(
        "We hebben het bericht van acht uur naar half tien verplaatst en meer lezers doen mee.",
        "Welk uur past jou?",
        "tijd",
    ),
    "Polish": Sample(
        "Przesunęliśmy wpis z ósmej na wpół do dziesiątej i teraz czyta go więcej osób.",
        "Która godzina pasuje?",
        "źródło",
    ),
    "Turkish": Sample(
        "Paylaşımı sabah sekizden dokuz buçuğa aldık ve artık daha çok okur katılıyor.", "Hangi saat uygun?", "İstanbul"
    ),
    "Russian": Sample(
        "Мы перенесли публикацию с восьми на половину десятого, и читателей стало заметно больше.",
        "Какое время удобно?",
        "время",
    ),
    "Greek": Sample(
        "Μεταφέραμε την ανάρτηση από τις οκτώ στις εννιάμισι και τώρα διαβάζουν περισσότεροι.",
        "Ποια ώρα προτιμάτε;",
        "ώρα",
    ),
    "Arabic": Sample(
        "نقلنا المنشور من الساعة الثامنة إلى التاسعة والنصف فزاد عدد القراء كثيرا هذا الشهر.", "أي ساعة تناسبكم؟", "وقت"
    ),
    "Hebrew": Sample(
        "העברנו את הפרסום משמונה לתשע וחצי ועכשיו יותר קוראים מצטרפים לשיחה מדי שבוע.", "איזו שעה נוחה?", "זמן"
    ),
    "Persian": Sample(
        "ما انتشار را از ساعت هشت به نه و نیم بردیم و خوانندگان بیشتری همراه شدند.", "کدام ساعت مناسب است؟", "زمان"
    ),
    "Hindi": Sample("हमने साप्ताहिक पोस्ट आठ बजे से साढ़े नौ बजे कर दी और अब अधिक पाठक पढ़ते हैं।", "कौन सा समय ठीक है?", "समय"),
    "Japanese": Sample(
        "毎週の投稿を朝八時から九時半に移したところ、読んでくれる人が三割ほど増えました。",
        "何時が読みやすい？",
        "朝の習慣",
        "",
    ),
    "Chinese": Sample(
        "我们把每周的发布时间从八点改到九点半以后，读者的人数增加了大约三成，谢谢大家。", "你喜欢几点？", "早晨", ""
    ),
    "Korean": Sample(
        "매주 올리는 글을 여덟 시에서 아홉 시 반으로 옮겼더니 읽는 사람이 크게 늘었습니다.", "몇 시가 좋나요?", "아침"
    ),
    "Thai": Sample("เราย้ายเวลาโพสต์ประจำสัปดาห์จากแปดโมงเช้าเป็นเก้าโมงครึ่งและมีผู้อ่านเพิ่มขึ้นมากกว่าเดิม", "คุณชอบเวลาใด?", "เวลา"),
    "Vietnamese": Sample(
        "Chúng tôi đã chuyển bài viết từ tám giờ sang chín giờ rưỡi và có thêm nhiều độc giả.", "Giờ nào hợp?", "giờ"
    ),
    "Indonesian": Sample(
        "Kami memindahkan tulisan mingguan dari pukul delapan ke setengah sepuluh dan pembaca bertambah.",
        "Jam berapa cocok?",
        "waktu",
    ),
    "Finnish": Sample(
        "Siirsimme viikon kirjoituksen kahdeksasta puoli kymmeneen ja nyt lukijoita on selvästi enemmän.",
        "Mikä aika sopii?",
        "päivä",
    ),
}
each_language = pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES.keys())


def failed(text: str, *, has_link: bool = False, has_media: bool = True) -> list[str]:
    outcomes = judge(text, has_link=has_link, has_media=has_media).outcomes
    return [check.factor for check, passed in outcomes if not passed]


def only(number: int) -> list[str]:
    return [CHECKS[number].factor]


@each_language
def test_a_calm_question_with_media_passes_every_check(sample: Sample) -> None:
    assert failed(sample.text) == []


@each_language
def test_adding_a_link_flips_only_the_link_check(sample: Sample) -> None:
    assert failed(f"{sample.text} https://example.com/A--B?x=!!#tag") == only(LINK)
    assert failed(f"{sample.text} (example.org)") == only(LINK)


@each_language
def test_adding_a_hashtag_in_the_own_script_flips_only_the_hashtag_check(sample: Sample) -> None:
    assert failed(f"{sample.text} #{sample.tag}") == only(TAGS)


@each_language
def test_two_shouted_words_flip_only_the_capitals_check(sample: Sample) -> None:
    assert failed(f"{sample.text} GREAT NEWS") == only(CAPS)
    assert failed(f"{sample.text} NASA") == []


@each_language
def test_taking_the_question_away_flips_only_the_call_to_reply(sample: Sample) -> None:
    assert failed(sample.statement) == only(CTA)


@each_language
def test_saying_it_too_often_flips_only_the_length_check(sample: Sample) -> None:
    assert failed(" ".join([sample.statement] * 5) + " " + sample.question) == only(LENGTH)


@each_language
def test_taking_the_media_away_flips_only_the_media_check(sample: Sample) -> None:
    assert failed(sample.text, has_media=False) == only(MEDIA)


@each_language
@pytest.mark.parametrize("marks", ["!!", "！！", "?!", "؟؟", "‼"])
def test_doubled_marks_flip_only_the_punctuation_check(sample: Sample, marks: str) -> None:
    assert failed(f"{sample.text} {marks}") == only(MARKS)


@each_language
@pytest.mark.parametrize("emoji", ["🎉", "👩‍🚀", "🇯🇵", "❤️", "1️⃣"])
def test_one_emoji_flips_only_the_emoji_check(sample: Sample, emoji: str) -> None:
    assert failed(f"{sample.text} {emoji}") == only(EMOJI)


@each_language
@pytest.mark.parametrize("dash", ["—", "–", "--", "――"])
def test_a_dash_flips_only_the_dash_check(sample: Sample, dash: str) -> None:
    assert failed(f"{sample.statement} {dash} {sample.question}") == only(DASH)


@each_language
def test_a_bare_question_behind_mentions_flips_only_the_substance_check(sample: Sample) -> None:
    assert failed(MENTIONS + sample.question) == only(SUBSTANCE)


@each_language
def test_announcing_the_link_that_stands_in_the_body_flips_only_the_reply_strategy(sample: Sample) -> None:
    linked = f"{sample.text} https://example.com"
    assert failed(linked, has_link=True) == only(LINK) + only(REPLY)
    assert failed(linked, has_link=False) == only(LINK)
    assert failed(sample.text, has_link=True) == []


@pytest.mark.parametrize(
    "text", ["It is now or so we do go at it, is it?", "朝の投稿を九時半に移しました。読めますか？"]
)
def test_a_short_text_of_enough_words_flips_only_the_length_check(text: str) -> None:
    assert failed(text) == only(LENGTH)


@pytest.mark.parametrize(
    "plain",
    [
        "version 2.5",
        "e.g. this",
        "Node.js",
        "README.md",
        "at 9.30",
        "Dr. Who",
        "a -> b",
        "ラーメン",
        "Acme™",
        "#1",
        "C#",
        "5-3",
    ],
)
def test_what_only_looks_like_a_fault_flips_nothing(plain: str) -> None:
    assert failed(f"{SAMPLES['English'].statement} {plain}. Which hour is yours?") == []


@pytest.mark.parametrize(
    "link",
    [
        "http://example.com",
        "www.example.xyz",
        "example.co.uk",
        "пример.рф",
        "例え.コム",
        "bit.ly/abc",
        "x.ai",
        "127.0.0.1:80/a",
    ],
)
def test_links_are_recognised_with_and_without_a_scheme(link: str) -> None:
    link = link if not link.startswith("127") else f"http://{link}"
    assert failed(f"{SAMPLES['English'].text} {link}") == only(LINK)


@pytest.mark.parametrize(
    "prompt",
    [
        "Tell us in a reply.",
        "Schreibt mir gern.",
        "Cuéntame tu historia.",
        "コメントで教えてください。",
        "留言告诉我。",
        "Напишите нам.",
        "شاركونا رأيكم.",
        "הגיבו כאן.",
        "댓글로 알려 주세요.",
        "Bize yazın.",
        "บอกเราหน่อย",
        "जवाब दें।",
    ],
)
def test_an_invitation_to_reply_counts_like_a_question(prompt: str) -> None:
    assert failed(f"{SAMPLES['English'].statement} {prompt}") == []


def test_suggestions_end_in_praise_only_when_all_checks_pass() -> None:
    assert judge(SAMPLES["English"].text, has_media=True).top_suggestion == "All Xquik editorial checks passed."
    assert judge(SAMPLES["English"].statement, has_media=True).top_suggestion.startswith("End with a question")
