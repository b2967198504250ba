"""Words that tell what a sentence may be used for, by language: whom it speaks of, what it leans on, what it wants."""

from __future__ import annotations

import re

# Words of the first person: said by an account, they would be the account's own. Short ambiguous forms are left out.
FIRST_PERSON = {
    "en": "i i'm i've i'd i'll me my mine myself we we're we've we'd we'll us our ours ourselves let's",
    "de": "ich mich mir mein meine meinen meinem meiner meines wir uns unser unsere unseren unserem unserer unseres",
    "fr": "je j'ai j'étais me moi mon ma mes nous notre nos j",
    "es": "yo mi mis mí nosotros nosotras nuestro nuestra nuestros nuestras nos creo hemos somos soy estoy estamos",
    "it": "io mio mia miei mie noi nostro nostra nostri nostre ci siamo abbiamo sono ho",
    "pt": "eu meu minha meus minhas nós nosso nossa nossos nossas estamos somos temos",
    "nl": "ik mij mijn wij we ons onze",
    "pl": "ja mnie mój moja moje my nas nasz nasza nasze jestem jesteśmy mamy",
    "cs": "já mě můj moje my nás náš naše jsem jsme",
    "sv": "jag mig min mitt mina vi oss vår vårt våra",
    "da": "jeg mig min mit mine vi os vores",
    "no": "jeg meg min mitt mine vi oss vår vårt våre",
    "fi": "minä minun minua me meidän meitä olen olemme",
    "tr": "ben benim bana biz bizim bize",
    "ru": "я меня мне мой моя моё мои мы нас нам наш наша наше наши",
    "uk": "я мене мені мій моя моє мої ми нас нам наш наша наше наші",
    "ro": "eu mea meu mele noi nostru noastră noștri",
    "hu": "én enyém mi miénk vagyok vagyunk",
    "el": "εγώ μου εμείς μας είμαι είμαστε",
    "ja": "私 僕 俺 わたし ぼく 私たち 我々 弊社 当社 当サイト 筆者",
    "zh": "我 我们 我們 咱们 笔者 本站",
    "ko": "나는 내가 저는 제가 우리 우리는 저희",
    "ar": "أنا نحن لنا",
    "he": "אני אנחנו שלי שלנו",
    "hi": "मैं हम मेरा हमारा हमारे मेरे",
}

# Beginnings that lean on a sentence before: alone they dangle.
ANAPHORA = {
    "en": "he she it they this that these those his her its their him them such here there then so but and or yet"
    " however therefore thus moreover furthermore meanwhile instead also additionally consequently hence afterwards"
    " besides nevertheless nonetheless similarly likewise otherwise still both neither another others one second"
    " secondly third finally lastly firstly first next because which who whose where plus not no yes each such"
    " accordingly even in-other-words for-example for-instance in-fact in-addition as-a-result of-course after-all"
    " at-the-same-time on-the-other in-contrast by-contrast in-turn as-such with-that that-said to-be-honest",
    "de": "er sie es dies diese dieser dieses diesem diesen das dessen deren dem denen dort da dann damit dabei dafür"
    " dagegen daher darum deshalb deswegen darüber darauf daraus davon dazu danach daran darin dadurch hier hierbei"
    " hierfür hiermit so solche solcher solches aber und oder denn doch jedoch allerdings außerdem zudem ferner"
    " trotzdem dennoch stattdessen ebenso ebenfalls auch anschließend schließlich zugleich gleichzeitig währenddessen"
    " sein seine seiner seinen ihr ihre ihrer ihren ihm ihn ihnen jene jener dasselbe beide beides letztere letzterer"
    " sonst insgesamt zunächst erstens zweitens drittens weiter weitere weiterhin also somit folglich mittlerweile"
    " inzwischen nun jetzt derzeit dieselbe selbiges entsprechend weil die-beiden auch nicht"
    " derweil selbst zumindest erst schon nur damals gefolgt nämlich im-gegensatz zum-beispiel unter-anderem"
    " darüber-hinaus mit-anderen-worten ja nein"
    " des-weiteren auf-der-anderen zum-einen zum-anderen in-diesem in-dieser bei-diesem bei-dieser mit-diesem"
    " mit-dieser",
    "fr": "il elle ils elles ce cet cette ces cela ça c'est celui celle ceux celles son sa ses leur leurs y en là ici"
    " ainsi alors donc mais et ou or cependant pourtant toutefois néanmoins aussi puis ensuite enfin d'ailleurs"
    " de-plus en-effet par-ailleurs dès-lors lui eux car sinon"
    " en-outre par-exemple d'autre c'était oui non autrement-dit dans-votre à-côté",
    "es": "él ella ello ellos ellas este esta estos estas ese esa esos esas eso esto aquel aquella su sus allí ahí aquí"
    " así entonces pero y o sino además también sin-embargo no-obstante por-eso por-ello luego después finalmente"
    " asimismo mientras dicho dicha dichos dichas tal tales aunque"
    " ahora-bien es-decir cabe mientras-tanto por-otra por-otro en-cambio sí no por-ejemplo de-hecho en-este en-esta",
    "it": "egli ella esso essa essi lui lei loro questo questa questi queste quello quella quelli quelle ciò suo"
    " sua suoi"
    " sue lì là qui così allora quindi ma e o però tuttavia inoltre anche infine poi dunque perciò",
    "pt": "ele ela eles elas isto isso aquilo este esta estes estas esse essa esses essas seu sua seus suas aqui ali lá"
    " assim então mas e ou porém contudo todavia entretanto além também depois finalmente portanto",
    "nl": "hij zij ze het dit dat deze die zijn haar hun daar hier dan toen zo dus maar en of echter toch ook daarnaast"
    " bovendien daarom daardoor vervolgens ten-slotte verder",
    "pl": "on ona ono oni one to ten ta te ci tego tej tych jego jej ich tam tu tutaj wtedy więc ale i a oraz lub"
    " jednak"
    " jednakże natomiast również także też ponadto poza-tym dlatego zatem potem następnie wreszcie takie taki taka",
    "cs": "on ona ono oni to ten ta ty tento tato toto tyto jeho její jejich tam tady zde pak tedy ale a nebo však také"
    " proto navíc dále nakonec",
    "sv": "han hon den det de detta denna dessa hans hennes dess deras där här då så men och eller dock också dessutom"
    " därför sedan samtidigt",
    "da": "han hun den det de dette denne disse hans hendes deres der her da så men og eller dog også desuden derfor"
    " samtidig",
    "no": "han hun den det de dette denne disse hans hennes deres der her da så men og eller likevel også dessuten"
    " derfor samtidig",
    "fi": "hän se he ne tämä tuo nämä nuo hänen sen heidän niiden siellä täällä silloin niin mutta ja tai kuitenkin"
    " myös lisäksi siksi",
    "tr": "o onlar bu şu bunlar onun onların burada orada ama ve veya ancak fakat ayrıca böylece sonra",
    "ru": "он она оно они это этот эта эти его её их там тут здесь тогда так но и а или однако также тоже кроме-того"
    " поэтому затем потом наконец такой такая такие при-этом",
    "uk": "він вона воно вони це цей ця ці його її їх там тут тоді так але і й а або однак також теж крім-того"
    " тому потім",
    "ro": "el ea ei ele acesta aceasta acest această aceste acestea acolo aici atunci dar și sau însă totuși"
    " de-asemenea",
    "hu": "ő ők ez az ezek azok itt ott akkor így de és vagy azonban ezért továbbá",
    "el": "αυτός αυτή αυτό αυτοί αυτές αυτά εκεί εδώ τότε έτσι αλλά και ή όμως επίσης",
    "ar": "هو هي هم هذا هذه ذلك تلك هناك هنا ثم لكن ولكن كما أيضا",
    "he": "הוא היא הם הן זה זו זאת אלה שם כאן אז אבל אך גם לכן",
    "hi": "वह वे यह ये इस उस इसके उसके यहाँ वहाँ तब लेकिन और या हालांकि",
}

# Words near the beginning that lean on what was said before: pronouns, and links such as "therefore".
EARLY = {
    "en": "he she it they him her them this that these",
    "de": "er sie es dieser diese dieses dies deren dessen ihm ihn",
    "fr": "il elle ils elles celui celle ceux",
    "es": "él ella ellos ellas esto eso",
    "it": "lui lei loro esso essa questo questa",
    "pt": "ele ela eles elas isto isso",
    "nl": "hij zij ze hem haar dit",
}
_LINKS = (
    "however therefore thus consequently moreover furthermore daher deshalb deswegen jedoch allerdings dagegen hingegen"
    " dennoch trotzdem aber somit folglich außerdem zudem donc cependant toutefois pourtant tampoco también embargo"
    " tuttavia quindi inoltre porém portanto também echter daarom bovendien jednak dlatego również однако поэтому также"
    " imidlertid derfor dessuten emellertid därför dessutom"
)
LINKS = frozenset(_LINKS.split())

# Beginnings of scripts without spaces, where a word has no edge.
UNSPACED_ANAPHORA = {
    "ja": "これ それ あれ この その あの ここ そこ 彼 彼女 しかし また そして さらに だから そのため このため"
    " 一方 なお ただ 同 それでも つまり すると ところが ちなみに 次に まず",
    "zh": "他 她 它 这 那 這 此 其 该 該 但 而 并 也 因此 所以 同时 同時 然而 此外 另外 不过 不過 于是"
    " 於是 其中 接着 最后 首先",
    "ko": "그는 그녀 그들 이는 이것 그것 이에 이를 그러나 하지만 그리고 또한 또 한편 따라서 그래서 이어 이날 이번 그",
}

# Beginnings whose pronoun stands for nothing.
IMPERSONAL = frozenset({"there-is", "there-are", "there-was", "there-were", "es-gibt", "es-gab", "il-y", "il-faut"})

# Words that change what a sentence says: a part that holds one is never left out.
PROTECTED = {
    "en": "not no never nor neither none nobody nothing nowhere few can't won't don't"
    " without unless except if only until although though but however may"
    " might could"
    " would allegedly reportedly apparently possibly perhaps probably likely unlikely hardly barely almost nearly about"
    " said says say according claims claimed told believes expects alleged suspected some most up under over n't"
    " cannot",
    "de": "nicht kein keine keinen keinem keiner nie niemals ohne außer falls wenn sofern nur erst bis obwohl aber doch"
    " jedoch kann könnte könnten dürfte dürften soll sollen sollte würde würden angeblich mutmaßlich offenbar"
    " möglicherweise"
    " vielleicht wahrscheinlich wohl kaum fast etwa rund laut zufolge sagte sagt erklärte so nach weder noch mindestens"
    " höchstens vorerst vermutlich teilweise",
    "fr": "ne pas n' non jamais sans sauf si seulement jusqu bien-que mais pourrait pourraient peut selon aurait"
    " auraient"
    " serait seraient peut-être probablement presque environ dit affirme ni aucun aucune",
    "es": "no nunca jamás sin salvo si solo sólo hasta aunque pero podría podrían puede según presunto presunta"
    " supuesto"
    " quizá quizás tal-vez probablemente casi unos dijo afirmó ni ningún ninguna",
    "it": "non mai senza salvo se solo fino sebbene ma potrebbe potrebbero può secondo presunto forse"
    " probabilmente quasi"
    " circa detto né nessun nessuna",
    "pt": "não nunca jamais sem salvo se só apenas até embora mas poderia pode segundo suposto suposta talvez"
    " provavelmente"
    " quase cerca disse nem nenhum nenhuma",
    "nl": "niet geen nooit zonder behalve als indien alleen tot hoewel maar kan kunnen zou zouden volgens vermoedelijk"
    " misschien waarschijnlijk bijna ongeveer zei noch",
    "pl": "nie nigdy bez chyba jeśli jeżeli tylko dopiero do choć ale może mogą mógłby według rzekomo podobno"
    " prawdopodobnie prawie około powiedział powiedziała ani żaden żadna",
    "sv": "inte ej aldrig utan om bara endast tills fast men kan kunde skulle enligt kanske troligen nästan cirka"
    " sade sa",
    "no": "ikke aldri uten hvis bare kun til selv-om men kan kunne skulle ifølge kanskje trolig nesten omtrent sa sier",
    "da": "ikke aldrig uden hvis kun bare indtil men kan kunne skulle ifølge måske formentlig næsten omkring"
    " sagde siger",
    "ru": "не ни нет никогда без если только пока хотя но может могут мог бы якобы возможно вероятно почти около по"
    " словам сказал сообщил заявил",
    "uk": "не ні ніколи без якщо лише тільки поки хоча але може можуть нібито можливо майже близько за словами",
    "tr": "değil hiç olmadan eğer sadece ancak ama olabilir iddia göre belki muhtemelen neredeyse yaklaşık dedi",
    "cs": "ne není nikdy bez pokud jen pouze až ale může mohou podle údajně možná asi téměř řekl",
}

_SPLIT = re.compile(r"[^\W_]+(?:['’][^\W_]+)?'?|n't")


def words_of(text: str) -> list[str]:
    """The words of *text* in lower case, apostrophes straight."""
    return _SPLIT.findall(text.replace("’", "'").lower())


def table(words: dict[str, str], language: str | None) -> frozenset[str]:
    """The words listed for *language*; empty where there is no list."""
    return frozenset(words.get(language or "", "").split())
