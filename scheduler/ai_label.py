"""Whether a post is labelled as made with AI. Pure."""

from __future__ import annotations

from domain.run import Facts
from domain.template import AiLabel, Template

MODEL = "model"  # the engine of a draft that a language model wrote


def is_labelled(template: Template, facts: Facts, group: int) -> bool:
    """Tell whether the run's post of this *group* is to carry the label, as the template wishes.

    What a person or a callback made of a model's draft counts as the model's: the draft says what it was made from.
    """
    if template.made_with_ai is not AiLabel.MODEL or facts.chosen is None:
        return template.made_with_ai is AiLabel.ALWAYS
    drafts = {draft.id: draft for draft in (*(facts.drafts or ()), *facts.chosen)}
    seen: set[str] = set()
    name: str | None = facts.chosen[group].id
    while name is not None and name in drafts and name not in seen:
        if drafts[name].engine == MODEL:
            return True
        seen.add(name)
        name = drafts[name].refined_from
    return False
