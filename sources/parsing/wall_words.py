"""What walls say to whoever meets them, in the languages of the web's larger half. Pure.

Single words, such as "cookie", stand in articles too; these phrases ask the reader to do something. They count only
where they are at least half of what a page says, so that an article which quotes one stays an article.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

CONSENT = "a cookie or consent wall, not an article"
LOGIN = "a login page, not an article"
BOT = "a bot wall: it wants to see a browser, not an article"
SCRIPT = "the page builds itself with JavaScript; there is no text in it to read"

_PHRASES = {
    CONSENT: (
        r"^\W*before you continue\W*$",
        r"\b(?:accept|allow|reject|manage|agree to|consent to)\b.{0,20}\bcookies",
        r"\b(?:we|(?:web)?site) uses? (?:\w+ )?cookies",
        r"(?:value|respect|care about) your privacy|your privacy (?:matters|is important)",
        r"akzeptiere(?:n sie)?\b.{0,20}\bcookies|cookies (?:zu )?(?:akzeptieren|zustimmen|ablehnen)",
        r"(?:ihre|deine) privatsphäre|(?:verwenden|verwendet|nutzen|nutzt) (?:wir )?cookies",
        r"accepte[rz]\b.{0,20}\bcookies|votre vie privée|utilis(?:e|ons) des cookies",
        r"acept(?:a|e|ar)\b.{0,20}\bcookies|(?:su|tu) privacidad|utiliza(?:mos)? (?:las )?cookies|usamos cookies",
        r"aceit(?:a|e|ar)\b.{0,20}\bcookies|(?:sua|tua) privacidade|usamos (?:os )?cookies",
        r"accett(?:a|i|are)\b.{0,20}\bcookie|(?:tua|sua|vostra) privacy|utilizza(?:mo)? (?:i )?cookie",
        r"accepteer\b.{0,20}\bcookies|(?:je|jouw|uw) privacy|wij? gebruiken cookies",
        r"accept[eé]ra?\b.{0,20}\b(?:cookies|kakor)|godta\b.{0,20}\binformasjonskapsler|godkänn\b.{0,20}\bkakor",
        r"(?:dit|ditt|din) (?:privatliv|personvern|integritet)|vi (?:bruger|bruker|använder) (?:cookies|kakor)",
        r"akceptuj\w*\b.{0,30}\b(?:cookie|ciastecz)|(?:twoj\w+|państwa) prywatnoś|używamy plików cookie",
        r"при(?:нять|нимаю|мите)\b.{0,20}(?:cookie|куки)|вашу (?:конфиденциальность|приватность)",
        r"использует?м? (?:файлы )?(?:cookie|куки)",
        r"(?:クッキー|cookie)\s?(?:に|を|の).{0,12}(?:同意|許可|使用)",
        r"(?:接受|同意).{0,6}cookie|使用\s?cookie|(?:重视|重視|尊重)您的(?:隐私|隱私)",
        r"쿠키.{0,10}(?:허용|동의|사용)",
    ),
    LOGIN: (
        r"\b(?:(?:log|sign)[ -]?(?:in|on|up)|subscribe|register)\b.{0,30}\bto (?:continue|keep|read|view|see|unlock)",
        r"(?:you (?:must|need to|have to)|please) (?:be )?(?:log|sign)(?:ged|ed)?[ -]?in\b",
        r"(?:members|subscribers)[ -]only|for (?:members|subscribers) only",
        r"already (?:a (?:member|subscriber)|have an account)",
        r"melden sie sich (?:bitte )?an|melde dich (?:bitte )?an|logge(?:n sie sich| dich)",
        r"(?:anmelden|einloggen),? um\b",
        r"connectez-vous|identifiez-vous|vous (?:connecter|identifier) pour|réservé aux abonnés",
        r"inici[ae] sesi[oó]n|reg[ií]str(?:ate|ese)\b|para suscriptores",
        r"faça (?:o )?login|inicie sessão|cadastre-se|para assinantes",
        r"\baccedi (?:per|o)\b|effettua (?:il login|l['’]accesso)|riservato agli abbonati",
        r"(?:log in|inloggen|meld je aan) om\b|alleen voor (?:leden|abonnees)",
        r"log ind for|logg inn for|logga in för",
        r"zaloguj się|tylko dla (?:subskrybentów|zalogowanych)",
        r"войдите|авторизуйтесь|зарегистрируйтесь",
        r"ログインして(?:ください|続)|ログインが必要|会員限定|会員登録をすると",
        r"(?:请|請)先?(?:登录|登錄|登入)|(?:登录|登錄|登入)(?:后|後)(?:继续|繼續|查看|阅读|閱讀)",
        r"(?:注册|註冊)(?:账号|帳號)?即可",
        r"로그인(?:하세요|해 ?주세요|이 필요)|(?:회원)?가입하면",
    ),
    BOT: (
        r"(?:checking|verifying) (?:if )?(?:your browser|you are human|the site connection)|this process is automatic",
        r"browser wird (?:überprüft|geprüft)|überprüfung ihres browsers|vorgang läuft automatisch",
        r"vérification de votre navigateur|processus est automatique|vous n['’]êtes pas un robot",
        r"verificando (?:su|tu|el|o|seu|o seu) navegador|proceso es automático|processo é automático",
        r"(?:verifica|controllo) del (?:tuo |suo )?browser|processo è automatico",
        r"(?:controleren|controle) van (?:uw|je) browser|browser wordt gecontroleerd",
        r"(?:kontrollerer|tjekker|sjekker) (?:din browser|nettleseren)|kontrollerar (?:din )?webbläsare",
        r"sprawdzanie (?:twojej )?przeglądarki",
        r"проверка (?:вашего )?браузера|проверяем (?:ваш )?браузер",
        r"ブラウザー?を(?:確認|チェック)",
        r"正在(?:检查|檢查|验证|驗證).{0,6}(?:浏览器|瀏覽器)",
        r"브라우저를? ?(?:확인|검사)",
    ),
    SCRIPT: (
        r"\b(?:enable|activate|turn on|requires) javascript",
        r"javascript (?:is |must be |to be )?(?:not )?(?:enabled|disabled|required)",
        r"aktivieren sie (?:bitte )?javascript|javascript (?:ist |muss )?(?:de)?aktiviert",
        r"(?:benötigt|erfordert) javascript",
        r"activer javascript|javascript (?:est|doit être) (?:dés)?activé",
        r"(?:activ[ae]r?|habilit[ae]r?|ativ[ae]r?|attivar?e?|abilitar?e?) (?:el |o )?javascript",
        r"schakel javascript|aktiver javascript|slå på javascript|aktivera javascript",
        r"włącz(?:yć)? (?:obsługę )?javascript|включите (?:поддержку )?javascript",
        r"javascript\s?を(?:有効|オン)|(?:启用|啟用|开启|開啟)\s?javascript|javascript(?:를|을) (?:활성화|켜)",
    ),
}
_WALLS = {reason: re.compile("|".join(phrases), re.IGNORECASE) for reason, phrases in _PHRASES.items()}


def why_wall(sentences: Iterable[str]) -> str | None:
    """Give the reason why these *sentences*, all that a page says, are a wall's; None when most of them are not."""
    said = [_reason(sentence) for sentence in sentences]
    reasons = [reason for reason in said if reason]
    return max(reasons, key=reasons.count) if reasons and len(reasons) * 2 >= len(said) else None


def _reason(sentence: str) -> str | None:
    return next((reason for reason, phrases in _WALLS.items() if phrases.search(sentence)), None)
