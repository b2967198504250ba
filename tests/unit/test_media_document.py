from __future__ import annotations

from typing import Any

import pytest

from domain.errors import InvalidInput
from domain.template import ImageSource, SoundSource, Template, files_of
from domain.template_document import parse, refuse_unheard, to_document
from tests.integration.storage_values import NOW

ID = "0b8f7a4e-1111-4c3e-9d5a-0123456789ab"
OTHER = "0b8f7a4e-2222-4c3e-9d5a-0123456789ab"
SOUND = "https://example.org/a.mp3"
PICTURE = "https://example.org/a.png"


def read(existing: Template | None = None, **fields: Any) -> Template:
    least = {} if existing else {"name": "n", "account": "acme", "type": "tweet", "daily_count": 1}
    return parse(least | fields, id="t", now=NOW, existing=existing)


def refused(**fields: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        read(**fields)
    return {problem.field: problem.reason for problem in caught.value.problems}


@pytest.mark.parametrize(
    ("fields", "sounds"),
    [
        ({"audio": SOUND}, [SoundSource(SOUND)]),
        ({"audioUrl": SOUND}, [SoundSource(SOUND)]),
        ({"audio": {"file": ID}}, [SoundSource(None, ID)]),
        ({"audio": [SOUND, {"url": SOUND}, {"file": ID}]}, [SoundSource(SOUND), SoundSource(None, ID)]),
        ({"audio_url": SOUND, "audio": [{"file": ID}]}, [SoundSource(SOUND), SoundSource(None, ID)]),
    ],
)
def test_sound_is_named_by_url_or_by_file(fields: dict[str, Any], sounds: list[SoundSource]) -> None:
    template = read(**fields)
    assert list(template.sources.audio) == sounds
    assert read(**to_document(template)) == template


@pytest.mark.parametrize(
    ("fields", "image"),
    [
        ({"image": PICTURE}, ImageSource(PICTURE)),
        ({"imageUrl": PICTURE}, ImageSource(PICTURE)),
        ({"image": {"file": ID, "alt": " A\n cat ", "attach": False}}, ImageSource(None, ID, "A cat", False)),
    ],
)
def test_a_picture_is_named_by_url_or_by_file(fields: dict[str, Any], image: ImageSource) -> None:
    template = read(**fields)
    assert template.sources.image == image
    assert read(**to_document(template)) == template


def test_hints_may_be_spoken() -> None:
    for fields in ({"prompt_audio": {"url": SOUND}}, {"promptAudioUrl": SOUND}, {"prompt_audio": SOUND}):
        template = read(text="words", **fields)
        assert template.prompt_audio == SoundSource(SOUND)
        assert read(**to_document(template)) == template


def test_a_template_tells_which_files_it_needs() -> None:
    template = read(audio=[{"file": ID}, SOUND, {"file": OTHER}], prompt_audio={"file": ID}, image={"file": OTHER})
    assert files_of(template) == (ID, OTHER)
    assert files_of(read(text="words")) == ()


def test_a_change_replaces_what_stood_there_under_either_name() -> None:
    template = read(audio=[{"file": ID}], image={"file": OTHER, "alt": "a cat"}, prompt_audio={"file": ID})
    changed = read(template, audioUrl=SOUND, imageUrl=PICTURE, promptAudioUrl=SOUND)
    assert changed.sources.audio == (SoundSource(SOUND),)
    assert changed.sources.image == ImageSource(PICTURE)
    assert changed.prompt_audio == SoundSource(SOUND)
    assert read(template, text="words", audio=None, image=None).sources.image is None


@pytest.mark.parametrize(
    ("fields", "field", "reason"),
    [
        ({"audio": {"url": SOUND, "file": ID}}, "audio.url", "give either url or file"),
        ({"audio": [{}]}, "audio.url", "give either url or file"),
        ({"audio": [{"file": "memo.mp3"}]}, "audio.file", "must be the id of a kept file"),
        ({"audio": [{"file": "../" + ID}]}, "audio.file", "must be the id of a kept file"),
        ({"audio": [7]}, "audio", "must be a URL, or a table with url or file"),
        ({"audio": 7}, "audio", "must be a list of at most 10"),
        ({"audio": [SOUND] * 11}, "audio", "must be a list of at most 10"),
        ({"audioUrl": {"file": ID}}, "audioUrl", "must be a URL, not a table"),
        ({"audio": "ftp://x/a.mp3"}, "audio", "is not an http or https URL"),
        ({"audio": [{"uri": SOUND}]}, "audio.uri", "did you mean url?"),
        ({"image": PICTURE, "imageUrl": PICTURE}, "imageUrl", "cannot be used with image"),
        ({"image": {"file": ID, "attach": "yes"}}, "image.attach", "must be true or false"),
        ({"image": {"file": ID, "alt": "a" * 1001}}, "image.alt", "at most 1000"),
        ({"image": [PICTURE]}, "image", "must be a URL, or a table"),
        ({"tips": ["one"], "audio": SOUND}, "audio", "cannot be used with tips"),
        ({"tips": ["one"], "imageUrl": PICTURE}, "imageUrl", "cannot be used with tips"),
        ({"tips": ["one"], "prompt_audio": SOUND}, "prompt_audio", "cannot be used with tips"),
        ({"type": "thread", "feeds": [SOUND], "roundup": {}, "image": PICTURE}, "image", "cannot be used with roundup"),
    ],
)
def test_what_is_wrong_is_named_with_its_remedy(fields: dict[str, Any], field: str, reason: str) -> None:
    assert reason in refused(**fields)[field]


@pytest.mark.parametrize("name", ["audio", "audioUrl", "audio_url", "prompt_audio", "promptAudio", "promptAudioUrl"])
def test_what_is_spoken_is_refused_where_no_model_writes_it_down(name: str) -> None:
    with pytest.raises(InvalidInput, match=f"^{name}: no model is set .* set OSTINATO_TRANSCRIPTION_MODEL, and OPENAI"):
        refuse_unheard({name: SOUND}, hears=False)
    refuse_unheard({name: SOUND}, hears=True)
    refuse_unheard({name: None, "image": PICTURE, "text": "words"}, hears=False)
