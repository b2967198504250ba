from __future__ import annotations

from decimal import Decimal

from domain.draft import Draft, Part
from domain.material import Material, MaterialKind
from generators.brief import Brief
from generators.model.asking import Prices
from generators.model.estimating import compose_micros, refine_micros

ANSWERS_ONLY = Prices(Decimal(0), Decimal(1))
PAGE = Material("m0", MaterialKind.PAGE, "The tram will cost 48 million euros.")
BRIEF = Brief(seed="r")
DRAFT = Draft("d0", (Part("The tram"),), material_ids=("m0",))


def composing(room: int) -> int:
    return compose_micros(ANSWERS_ONLY, [PAGE], BRIEF, wanted=5, room=room)


def refining(room: int) -> int:
    return refine_micros(ANSWERS_ONLY, DRAFT, [PAGE], BRIEF, room=room)


def test_a_model_that_is_given_room_to_think_may_cost_as_many_times_as_much() -> None:
    assert composing(4) > composing(1) > 0
    assert refining(4) == 4 * refining(1) > 0
