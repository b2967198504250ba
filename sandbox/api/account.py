"""The Xquik account behind the key: `/account`, `/account/x-identity`, `/credits`. All free."""

from sandbox.answers import Answer, Json, invalid
from sandbox.api.users import USERNAME
from sandbox.call import Call
from sandbox.database import get_meta, set_meta


def get_account(call: Call) -> Answer:
    """`GET /account`: plan, monitor billing, credits and, once set, the X identity."""
    account: Json = {
        "plan": "active",
        "subscription": {"status": "active"},
        "monitorsAllowed": 9007199254740991,
        "monitorsUsed": 0,
        "monitorBilling": {
            "activeDailyEstimate": "0",
            "activeHourlyBurn": "0",
            "creditsPerActiveMonitorDay": "500",
            "creditsPerActiveMonitorHour": "21",
            "eventsIncluded": True,
            "instantCheckIntervalSeconds": 1,
            "unlimitedSlots": True,
        },
        "creditInfo": _credits(call),
    }
    identity = get_meta(call.world.db, "x_identity")
    return Answer(account | ({"xUsername": identity} if identity else {}))


def set_identity(call: Call) -> Answer:
    """`PUT /account/x-identity`: which X user the owner is; kept in lower case."""
    username = call.json().get("username")
    name = username.strip().removeprefix("@").lower() if isinstance(username, str) else ""
    if not USERNAME.fullmatch(name):
        raise invalid("username is required: 1 to 15 letters, digits or underscores.")
    set_meta(call.world.db, "x_identity", name)
    return Answer({"success": True, "xUsername": name})


def get_credits(call: Call) -> Answer:
    """`GET /credits`: the balance, in both documented spellings; amounts are strings."""
    credit = _credits(call)
    return Answer(
        credit
        | {
            "lifetime_purchased": credit["lifetimePurchased"],
            "lifetime_used": credit["lifetimeUsed"],
            "auto_topup_enabled": credit["autoTopupEnabled"],
            "auto_topup_amount_dollars": credit["autoTopupAmountDollars"],
            "auto_topup_threshold": credit["autoTopupThreshold"],
        }
    )


def _credits(call: Call) -> Json:
    db = call.world.db
    return {
        "balance": str(call.world.balance()),
        "lifetimePurchased": get_meta(db, "lifetime_purchased", "0"),
        "lifetimeUsed": get_meta(db, "lifetime_used", "0"),
        "autoTopupEnabled": False,
        "autoTopupAmountDollars": 10,
        "autoTopupThreshold": "50000",
    }
