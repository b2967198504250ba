"""Words that invite a reply, by language. Pure data."""

import regex

# Matched as whole words, case ignored.
_SPACED = (
    # English
    "reply|replies|respond|comment|comments|tell me|tell us|let me know|let us know|share your|your thoughts"
    "|what do you think|what would you|thoughts below|join in|weigh in|drop your|ask me|vote",
    # German
    "antworte|antwortet|antworten sie|schreib mir|schreibt mir|schreibt uns|schreiben sie|kommentiere|kommentiert"
    "|kommentieren sie|sag mir|sagt mir|sagt uns|erzähl mir|erzählt|erzählen sie|verratet|was meint ihr|eure meinung",
    # French
    "répondez|réponds|commentez|commente|dites-moi|dites-nous|dis-moi|racontez|partagez|partage ton"
    "|votre avis|ton avis",
    # Spanish
    "responde|responded|respondan|comenta|comentad|comenten|cuéntame|cuéntanos|contadme|dime|dinos|díganos"
    "|opina|opinad|comparte|compartan|tu opinión",
    # Portuguese
    "responda|respondam|comente|comentem|conte|contem|conta-me|diga|digam|diz-me|compartilhe|partilha|sua opinião",
    # Italian
    "rispondi|rispondete|commenta|commentate|raccontami|raccontateci|dimmi|diteci|ditemi|condividi|fammi sapere"
    "|fateci sapere|la vostra opinione",
    # Dutch
    "reageer|antwoord|vertel|vertel ons|vertel me|laat het weten|laat me weten|deel je|jouw mening",
    # Polish
    "odpowiedz|odpowiedzcie|odpisz|skomentuj|skomentujcie|napisz|napiszcie|powiedz|podziel się|daj znać|dajcie znać",
    # Turkish
    "yanıtla|yanıtlayın|yorum yap|yorum yapın|yorumlayın|cevap ver|cevap verin|söyle|söyleyin|anlat|anlatın|paylaş"
    "|paylaşın|bize yazın|yazın",
    # Russian, Ukrainian
    "ответьте|ответь|отвечайте|напишите|напиши|пишите|комментируйте|прокомментируйте|расскажите|расскажи|поделитесь"
    "|поделись|скажите|ваше мнение|напишіть|відповідайте|розкажіть|поділіться|коментуйте|скажіть",
    # Swedish, Norwegian, Danish, Finnish
    "svara|kommentera|berätta|dela med dig|svar i|kommenter|fortell|fortæl|skriv til|vastaa|vastatkaa|kommentoi"
    "|kommentoikaa|kerro|kertokaa|jaa ajatuksesi",
    # Greek
    "απάντησε|απαντήστε|σχολίασε|σχολιάστε|πες μας|πείτε μας|πες μου|γράψτε|μοιράσου|μοιραστείτε",
    # Arabic, Persian, Hebrew
    "أجب|أجيبوا|ردوا|علق|علّق|علقوا|شاركنا|شاركونا|شاركوا|أخبرنا|أخبرونا|أخبروني|اكتبوا|ما رأيكم"
    "|پاسخ دهید|پاسخ بده|نظر بدهید|نظرتان|بنویسید|بگویید|ענו|הגיבו|תגיבו|כתבו|שתפו|ספרו|ספר לנו",
    # Hindi
    "जवाब दें|जवाब दीजिए|बताएं|बताएँ|बताइए|बताओ|टिप्पणी करें|लिखें|साझा करें|अपनी राय",
    # Indonesian, Vietnamese
    "balas|jawab|komentari|tulis di|ceritakan|beri tahu|bagikan|trả lời|bình luận|chia sẻ|hãy cho|cho tôi biết|kể cho",
)
# Found anywhere: no spaces mark words in these scripts, and a particle may ask without a question mark.
_UNSPACED = (
    "教えて|返信|リプライ|コメント|聞かせて|書いて|答えて|どう思い|でしょうか|ますか|ですか"
    "|回复|回覆|留言|评论|評論|告诉我|告訴我|分享你|说说|說說|你怎么看|你怎麼看|吗[。！\\s]|嗎[。！\\s]"
    "|ตอบ|คอมเมนต์|ความคิดเห็น|บอกเรา|บอกฉัน|แชร์|ไหม|หรือเปล่า|ຕອບ|មតិ|ဖြေ"
)
# Verbs carry endings, but begin a word.
_KOREAN = "답글|댓글|답해|알려|말해|적어|남겨"

INVITES = regex.compile(
    rf"(?<![\p{{L}}\p{{M}}])(?:{'|'.join(_SPACED)})(?![\p{{L}}\p{{M}}])|(?<!\p{{L}})(?:{_KOREAN})|{_UNSPACED}",
    regex.IGNORECASE,
)
