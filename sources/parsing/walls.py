"""Telling a page that stands in an article's way from an article. Pure: it looks at what was read."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from sources.parsing.wall_words import BOT, CONSENT, LOGIN, SCRIPT, why_wall

ENOUGH = 80  # characters (CJK counts double) below which nothing can be written from a text
SHORT = 1_200  # characters up to which a text may still be a wall's own words
TINY = 400  # characters up to which a phrase of a wall may be all that the page says

_BOT_TITLE = re.compile(
    r"just a moment|attention required|access (?:to this page (?:has been )?)?denied|are you (?:a )?(?:human|robot)"
    r"|verify (?:that )?you(?:'re| are) (?:a )?human|human verification|security (?:check|verification)"
    r"|checking your browser|ddos[- ]guard|robot check|pardon our interruption|bot (?:check|verification)"
    r"|un momento|nur einen moment|un instant|verificando que",
    re.IGNORECASE,
)
_BOT_TEXT = re.compile(
    r"(?:verify|confirm|prove|make sure|ensure)\b.{0,40}\b(?:you(?:'re| are)|are) (?:a )?(?:not a (?:ro)?bot|human)"
    r"|(?:verifying|checking) (?:if )?(?:you are human|the site connection|your browser)"
    r"|unusual traffic|complete the (?:security check|captcha)|(?:solve|enter|pass) (?:the|this) captcha"
    r"|enable (?:javascript and cookies|cookies and javascript) to continue"
    r"|performance (?:&|and) security by cloudflare"
    r"|needs to review the security of your connection|automated access|ray id:",
    re.IGNORECASE | re.DOTALL,
)
_LOGIN_TITLE = re.compile(
    r"^\W*(?:log ?in|sign ?in|log on|anmelden|anmeldung|einloggen|login|connexion|se connecter|iniciar sesi[oó]n"
    r"|acceder|entrar|accedi|logg inn|logga in|inloggen|zaloguj|войти|вход|ログイン|登录|로그인)(?:\b|$)",
    re.IGNORECASE,
)
_LOGIN_TEXT = re.compile(
    r"(?:log|sign) ?in (?:to|with) (?:continue|your|read|view)|(?:you must|please) (?:be )?(?:log|sign)(?:ged)?[ -]?in"
    r"|forgot(?:ten)? (?:your )?password|passwort vergessen|bitte (?:melden sie sich|loggen sie sich|anmelden)"
    r"|mot de passe oublié|olvid(?:ó|aste) (?:su|tu) contraseña",
    re.IGNORECASE,
)
_CONSENT = re.compile(
    r"cookie|consent|gdpr|privacy (?:policy|settings|choices)|legitimate interest|our partners|einwillig|zustimm"
    r"|datenschutz|consentement|traceurs|consentimiento|privacidad|consenso|samtykke|toestemming|zgod",
    re.IGNORECASE,
)
_MISSING = re.compile(
    r"\b404\b|(?:page|content|article|site) (?:was |is |could ?n[o']t be |can(?:no|')t be )?(?:not found|found|missing)"
    r"|(?:page|article) (?:no longer|does ?n[o']t|does not) exist|nothing (?:was )?found|oops"
    r"|(?:seite|artikel) (?:wurde )?(?:leider )?nicht (?:mehr )?(?:gefunden|vorhanden|verf[uü]gbar)"
    r"|page (?:introuvable|non trouv[ée]e)|p[aá]gina no encontrada|p[aá]gina n[aã]o encontrada|pagina non trovata"
    r"|pagina niet gevonden|siden (?:ble|blev) ikke fundet|страница не найдена|ページが見つかりません"
    r"|页面不存在|找不到",
    re.IGNORECASE,
)
_SCRIPT = re.compile(
    r"(?:enable|activate|requires?|turn on|need(?:s)?|without) (?:to enable )?javascript"
    r"|javascript (?:is|to be|must be)? ?(?:required|disabled|enabled|needed)"
    r"|aktivieren sie (?:bitte )?javascript|activer javascript|active javascript",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"\b(?:you|your|we|our|us|sie|ihr|ihren?|wir|uns|unsere?|vous|votre|vos|nous|nos|usted|su|sus|tu|tus|nuestr[oa]s?"
    r"|você|sua|seu|nossos?|tuo|tua|noi|nostri|jij|je|uw|onze|wij|din|dit|vores|våre|vi|twoj\w+|nas)\b|お客様|您|你|귀하",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[.!?]+(?=\s|$)|[。！？\n]+")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True, slots=True)
class Signs:
    """What a page shows of itself: title and first heading, the article's *text*, all *visible* text, *noscript* words.

    *password* is whether it has a password field, *scripts* how many scripts, *challenge* whether it carries the code
    of a known bot wall.
    """

    title: str
    heading: str
    text: str
    visible: str
    noscript: str
    password: bool
    scripts: int
    challenge: bool


def why_no_article(signs: Signs) -> str | None:
    """Give the reason why the page is not an article, None if it may be one.

    Words alone never condemn a long text: an article about cookies or captchas is an article.
    """
    short = len(signs.text) <= SHORT
    shown = signs.text if len(signs.text) >= ENOUGH else signs.visible[:4_000]
    if short and _bot_wall(signs, shown):
        return BOT
    if short and _missing(signs):
        return "the page says that it does not exist, although its status says otherwise"
    if short and _login(signs, shown):
        return LOGIN
    if short and _consent(shown):
        return CONSENT
    if size(shown) <= TINY and (wall := why_wall(_sentences(shown, without=(signs.title, signs.heading)))):
        return wall
    if size(signs.text) >= ENOUGH:
        return None
    if _SCRIPT.search(signs.noscript + " " + signs.visible[:4_000]) or (signs.scripts and size(signs.visible) < ENOUGH):
        return SCRIPT
    if not signs.visible:
        return "the page is empty"
    return f"no article was found in the page, only {len(signs.text)} characters of running text"


def size(text: str) -> int:
    """Give the length of *text* in characters, CJK counted double."""
    return len(text) + len(_WIDE.findall(text))


def _bot_wall(signs: Signs, shown: str) -> bool:
    titled = bool(_BOT_TITLE.search(signs.title) or _BOT_TITLE.search(signs.heading))
    said = bool(_BOT_TEXT.search(shown) or _BOT_TEXT.search(signs.noscript))
    if titled and (said or signs.challenge or size(signs.text) < 400):
        return True
    if said and signs.challenge:
        return size(signs.text) < 400
    return (said and size(signs.visible) < 600) or (signs.challenge and size(signs.visible) < 300)


def _missing(signs: Signs) -> bool:
    named = _MISSING.search(signs.title) or _MISSING.search(signs.heading)
    return bool(named) and size(signs.text) < 600


def _login(signs: Signs, shown: str) -> bool:
    titled = _LOGIN_TITLE.search(signs.title) or _LOGIN_TITLE.search(signs.heading)
    said = _LOGIN_TEXT.search(shown)
    if size(signs.text) < 400:
        return bool((titled and (signs.password or said)) or (signs.password and said))
    return bool(titled and signs.password and said)


def _consent(shown: str) -> bool:
    sentences = _sentences(shown)
    about = [sentence for sentence in sentences if _CONSENT.search(sentence)]
    return len(about) >= 2 and len(about) * 2 >= len(sentences) and any(map(_ADDRESS.search, about))


def _sentences(text: str, *, without: Collection[str] = ()) -> list[str]:
    """Give the sentences of *text*, but for those of a word or two and the lines *without*."""
    pieces = (
        piece.strip() for line in text.split("\n") if line.strip() not in without for piece in _SENTENCE.split(line)
    )
    return [piece for piece in pieces if size(piece) > 15]
