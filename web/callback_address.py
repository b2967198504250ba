"""Where a template that comes over HTTP may have its events sent: where any webhook may be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from domain.errors import FieldError, InvalidInput
from domain.template import Template
from scheduler.operations.applying import Action, Change, FieldChange
from scheduler.operations.hook_address import address_problem
from sources.addresses import Network

FIELD = "callback_url"


def refuse_new(template: Template, fields: Iterable[FieldChange], allow: Sequence[Network]) -> None:
    """Raise InvalidInput where *fields* say that the template's callback URL changed, and it may not be there.

    One that stood before stays as it is: the command line takes http too.
    """
    if any(each.field == FIELD for each in fields) and (problem := _problem(template, allow)):
        raise InvalidInput([FieldError(FIELD, problem)])


def refuse(template: Template, allow: Sequence[Network]) -> None:
    """Raise InvalidInput unless the callback URL of a template that is new may be there."""
    if problem := _problem(template, allow):
        raise InvalidInput([FieldError(FIELD, problem)])


def refuse_among(changes: Iterable[Change], allow: Sequence[Network]) -> None:
    """As both for each of *changes*. Raises InvalidInput naming every document that is wrong."""
    wrong = []
    for each in changes:
        template, touched = each.stored.template, any(one.field == FIELD for one in each.fields)
        if (touched or each.action is Action.CREATED) and (problem := _problem(template, allow)):
            wrong.append(FieldError(f"{each.file}: {FIELD}", problem))
    if wrong:
        raise InvalidInput(wrong)


def _problem(template: Template, allow: Sequence[Network]) -> str | None:
    return address_problem(template.callback_url, allow) if template.callback_url else None
