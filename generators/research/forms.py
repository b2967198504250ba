"""The forms of a model's answers about research."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from generators.model.answers import Form, sound


class Questions(Form):
    questions: list[str] = Field(max_length=20)


class Told(Form):
    """One sentence of a report; nothing of it is believed before its passages are found to say it."""

    text: str = Field(max_length=600)
    passages: list[str] = Field(default=[], max_length=8)


class About(Form):
    question: int
    sentences: Annotated[list[Told], sound(Told)] = Field(max_length=20)


class Findings(Form):
    sections: Annotated[list[About], sound(About)] = Field(max_length=12)
