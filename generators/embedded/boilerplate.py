"""Lines that belong to a page and not to its story, advertising, and texts that give orders."""

from __future__ import annotations

import re


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


CHROME = _any(
    r"\bcookies?\b.*\b(?:accept|consent|use|akzeptieren|zustimm|verwend|nutz|accepter|aceptar|accettare)",
    r"\b(?:subscribe|sign up|log ?in|sign in|newsletter|read more|click here|share this|follow us|all rights"
    r" reserved)\b",
    r"\b(?:terms of (?:use|service)|privacy policy|advertisement|related articles?|comments? (?:are )?closed)\b",
    r"\b(?:leave a (?:comment|reply)|photo(?:graph)? by|image credit|getty images|shutterstock|updated on"
    r"|published on)\b",
    r"\b(?:this (?:article|story|post) (?:was|is|has been|first|originally)|affiliate (?:links?|commission)"
    r"|sponsored)\b",
    r"\b(?:abonnieren?|abonnierst|anmelden|registrieren|mehr lesen|weiterlesen|hier klicken|zum artikel|mehr zum"
    r" thema)\b",
    r"\b(?:datenschutz(?:erklärung)?|impressum|agb|alle rechte vorbehalten|anzeige|kommentare?|teilen auf|folgt uns)\b",
    r"\b(?:foto|bild|fotos|quelle|symbolbild|illustration|autor(?:in)?|redaktion|lesezeit|stand|text und foto)\s?:",
    r"\b(?:veröffentlicht|geschrieben|verfasst|gepostet|posted|published|written|publié|publicado|escrito|scritto) "
    r"(?:von|by|par|por|da|on|am|le|el|il)\b",
    r"^(?:foto|photo|image|bild|video|quelle|source|crédit|fuente|fonte|źródło|kilde)s?\b[^.]{0,60}$",
    r"\b(?:dieser (?:artikel|beitrag|text) (?:ist|wurde|erschien|stammt)|der artikel .*veröffentlicht)\b",
    r"\b(?:affiliate-?links?|provision|werbung)\b",
    r"\b(?:s'abonner|abonnez-vous|se connecter|lire (?:la suite|aussi)|cliquez ici|tous droits réservés|partager)\b",
    r"\b(?:suscríbe(?:te|se)|iniciar sesión|leer más|haz clic|todos los derechos reservados|política de privacidad)\b",
    r"\b(?:iscriviti|accedi|leggi (?:anche|tutto)|clicca qui|tutti i diritti riservati)\b",
    r"\b(?:assine|inscreva-se|leia (?:mais|também)|clique aqui|todos os direitos reservados)\b",
    r"\b(?:zaloguj|zapisz się|czytaj (?:więcej|także|też)|kliknij|wszelkie prawa zastrzeżone|polityka prywatności)\b",
    r"\b(?:abonneer|meld je aan|lees (?:meer|ook|verder)|klik hier|alle rechten voorbehouden)\b",
    r"(?:подпи(?:сывайтесь|шитесь)|читайте также|все права защищены|нажмите|войти)",
    r"(?:続きを読む|会員登録|ログイン|無断転載|著作権|登録する|詳しくはこちら|クリック)",
    r"(?:点击|登录|注册|版权所有|订阅|扫码|责任编辑|未经授权|閱讀更多)",
    r"(?:로그인|회원가입|구독|무단 ?전재|저작권|기자\s*$)",
    r"©|\bcopyright\b|\bjavascript\b|\badblock|\bpaywall\b|\bbrowser\b.*\b(?:support|update|aktualisier)",
    r"\((?:abb|abbildung|fig|figure|tab|table|tabelle|siehe|see|vgl|cf)\b|^(?:abb|fig|tab)\w*\.?\s\d",
    r"\bJahrg\.|\bHeft \d",
    r"\bplease (?:find|see|note|visit|contact|click|read)\b",
    r"\[object|\bembedded? video\b|\bplay video\b|https?://|www\.|pic\.twitter\.com",
    r"\b(?:siehe|vgl\.?|see) (?:auch|oben|unten|also|above|below)\b|\bwie folgt\b|\bas follows\b",
    r"\b(?:oben|unten|nachfolgend|im folgenden)\b.*(?:abbildung|tabelle|video|bild|grafik|liste)",
    r"\b(?:in this (?:article|post|guide)|in diesem (?:artikel|beitrag|ratgeber)|dans cet article|en este artículo)\b",
)

ADVERT = _any(
    r"\b(?:buy|order|shop|get yours?|sign up|subscribe|book|download|try|grab|enter|save|check out|click|join|visit)\b"
    r".{0,60}\b(?:now|today|here|your|you|our|free|below)\b.*",
    r"\b(?:discount|coupon|promo code|free shipping|special offer|limited time|best price|money back)\b",
    r"\b(?:rabatt|gutschein|rabattcode|versandkostenfrei|sonderangebot|jetzt (?:kaufen|bestellen|buchen|sichern|testen"
    r"|anmelden|entdecken|zugreifen)|sichert? (?:euch|dir|ihnen|sie)|bestell(?:t|en sie)|kostenlos(?:e|en)?"
    r" (?:testen|beratung))\b",
    r"\b(?:code promo|livraison gratuite|offre spéciale|achetez|commandez|réservez|profitez)\b",
    r"\b(?:descuento|cupón|envío gratis|oferta especial|compra ya|reserva ahora|aprovecha)\b",
    r"\b(?:sconto|spedizione gratuita|offerta speciale|acquista|prenota ora|approfitta)\b",
    r"\b(?:desconto|frete grátis|compre agora|aproveite)\b|\b(?:korting|bestel nu|gratis verzending)\b",
    r"\b(?:rabat|kod rabatowy|kup teraz|zamów)\b|(?:скидк|закажите|купите|промокод)",
    r"(?:クーポン|送料無料|今すぐ購入|お申し込み)|(?:优惠券|立即购买|限时|包邮)|(?:할인|쿠폰|무료배송)",
)

# Sentences that speak to whoever reads them by machine.
_ORDERS = (
    r"\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:previous|prior|above|all|any|your|earlier)\b.{0,40}"
    r"\b(?:instructions?|prompts?|rules?|guidelines?|directions?)\b",
    r"\b(?:system prompt|you are (?:now )?(?:an?|the) (?:ai|assistant|language model|bot|chatbot|llm)|as an ai\b)",
    r"\b(?:ai|llm|chatgpt|gpt|assistants?|agents?|bots?|language models?|crawlers?|scrapers?|summari[sz]ers?)\b.{0,60}"
    r"\b(?:must|should|please|have to|instructed|required|do not|don't|always|never)\b.{0,60}"
    r"\b(?:post|tweet|publish|write|include|say|add|mention|output|reply|respond|share|link|visit|send|repeat"
    r"|follow)\b",
    r"\b(?:post|tweet|publish|retweet|repeat|output|write|copy|include|append|insert)\b.{0,30}"
    r"\b(?:this|the following|exactly|verbatim|word for word)\b",
    r"\b(?:ignoriere|vergiss|missachte)\b.{0,40}\b(?:anweisung|vorgabe|regel|instruktion)",
    r"\b(?:ignorez|oubliez)\b.{0,40}\b(?:instructions|consignes|règles)",
    r"\b(?:ignora|olvida)\b.{0,40}\b(?:instrucciones|istruzioni|reglas|regole|instruções)",
    r"(?:忽略|无视|無視).{0,20}(?:指示|指令|命令|提示)|(?:игнорируй|забудь).{0,40}(?:инструкци|указани)",
    r"(?:이전|위의).{0,20}(?:지시|명령).{0,10}무시",
    r"<\|.*?\|>|\[/?INST\]|###\s*(?:system|instruction|user|assistant)|\{\{.*?\}\}|```",
)
# Sentences that want money or contact.
_CONTACTS = (
    r"\b(?:0x[0-9a-f]{40}|bc1[a-z0-9]{20,}|[13][a-km-zA-HJ-NP-Z1-9]{25,34}|T[1-9A-HJ-NP-Za-km-z]{33})\b",
    r"\b(?:send|transfer|donate|deposit|überweis\w*|envía|envoyez)\b.{0,40}\b(?:btc|eth|usdt|bitcoin|ethereum"
    r"|crypto|wallet|sol)\b",
    r"\b(?:wallet|seed phrase|private key|telegram|whatsapp)\b.{0,40}(?:[:@+]|\b(?:me|us|at)\b)",
    r"[\w.+-]+@[\w-]+\.\w{2,}|(?<![\w.])\+\d[\d\s()/-]{7,}\d|\b0\d{2,4}\s?[/–-]\s?\d{4,}",
)
ORDER = _any(*_ORDERS)
INJECTION = _any(*_ORDERS, *_CONTACTS)

# Second person beside an imperative: a sentence that sells or instructs.
SECOND_PERSON = {
    "en": "you your yours yourself",
    "de": "du dir dich dein deine deinen deinem deiner euch euer eure euren ihnen ihr ihre ihren",
    "fr": "vous votre vos tu ton ta tes",
    "es": "tú tu tus usted su sus te os vuestro",
    "it": "tu tuo tua tuoi vi vostro vostra",
    "pt": "você seu sua te",
    "nl": "je jij jouw u uw",
    "no": "du deg din ditt",
    "sv": "du dig din ditt",
    "da": "du dig din dit",
    "pl": "ty twój twoja twoje ci ciebie",
    "ru": "вы вас вам ваш ваша ваши ты тебя твой",
}

QUOTED = re.compile(r"“[^”]*”|„[^“”]*[“”]|«[^»]*»|»[^«]*«|\"[^\"]*\"|「[^」]*」|『[^』]*』|‘[^’]{12,}’|‚[^‘]*‘")
