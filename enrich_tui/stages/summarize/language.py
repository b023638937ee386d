"""Words that carry no subject, per language, and what languages share: tokens, stems and a guess at the language.

A language without a list of its own is served by :func:`common_words`: what occurs everywhere says nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

STEM = 7
"""Words are compared by this many first letters: a light stem that needs no rules of a language."""

_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|\d+(?:[.,:]\d+)*%?|[^\W\d_]+(?:['’\-][^\W\d_]+)*|\w+")
_DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0e7f]")

ENGLISH = """
a about above after again all almost alright also although always am an and another any anybody anyone anything anyway
are aren't around as ask asked at away back basically be because been before being below between both but by came can
can't cannot come comes coming could couldn't did didn't do does doesn't doing don't done down during each either else
end enough etc even ever every everybody everyone everything exactly far few fine first for from front gave get gets
getting give gives go goes going gone gonna good got gotta great guess guys had hadn't happen happened has hasn't have
haven't having he he'd he'll he's hello her here here's hers herself hey hi him himself his how how's however i i'd
i'll i'm i've if in instead into is isn't it it'd it'll it's its itself just keep kind kinda know knows last lately
least left less let let's like little ll long look looking looks lot lots made make makes making many may maybe me
mean means might mine more most much must my myself need needs never next nice no nobody none nope nor not nothing now
of off oh ok okay on once one ones only onto or other others our ours out over own part people perhaps place please
pretty probably put quick quickly quite rather re really right said same saw say saying says second see seem seemed
seems seen shall she she's should shouldn't show since so some somebody someone something sometimes somewhat soon sort
still stuff such sure take takes taken taking talk tell than thank thanks that that'll that's the their theirs them
themselves then there there's these they they'd they'll they're they've thing things think this those though thought
three through thus till time times to today together told tomorrow too took totally tried try trying turn two uh um
under until up upon us use used using ve very want wanted wants was wasn't way ways we we'd we'll we're we've well
went were weren't what what's whatever when where whether which while who who's whole whom whose why will with within
without won't would wouldn't yeah year years yep yes yesterday yet you you'd you'll you're you've your yours yourself
actually ago already bit case course day definitely different find found half able add big point start started stop
works working work week weeks month months minute minutes
"""
SPANISH = """
a acá ahí ahora al algo algún alguna algunas alguno algunos allá allí ambos ante antes aquel aquella aquello aquí así
aun aún aunque bajo bastante bien bueno cada casi como cómo con conmigo contigo contra cosa cosas cual cuál cuales
cualquier cuando cuándo cuanto cuánto da dar de debe deben decía decir del demás dentro desde después día días dice
dicen dicho digamos donde dónde dos durante e el él ella ellas ello ellos en entonces entre era eran eras eres es esa
esas ese eso esos esta está estaba estaban estado estamos están estar estas este esto estos estoy fue fueron gracias
ha haber había habían hace hacen hacer hacia hago han hasta hay he hemos hizo hola hoy igual incluso ir jamás la las
le les lo los luego más mañana me mejor menos mi mí mientras mis misma mismo mismos mucha mucho muchos muy nada nadie
ni ningún ninguna no nos nosotros nuestra nuestro nunca o os otra otras otro otros para parece pero poco poder podemos
podría por porque pues puede pueden puedo que qué queda queremos quien quién quiere quiero quizá saber sabes se sea
según ser si sí sido siempre siendo sin sino sobre sois solo sólo somos son soy su sus tal también tan tanto te tener
tengo ti tiene tienen tienes toda todas todavía todo todos tras tres tu tú un una unas uno unos va vale vamos van
vaya ver vez veces vi vosotros voy y ya yo
"""
GERMAN = """
aber ach alle allem allen aller alles als also am an andere anderen anderer auch auf aus bei beim bin bis bisschen
bist bitte da dabei dadurch dafür dagegen daher dahin damit danach dann daran darauf darin darum das dass davon davor
dazu dein deine dem den denen denn der deren des deshalb dessen dich die dies diese diesem diesen dieser dieses dir
doch dort du durch dürfen eben ebenso egal eigentlich ein eine einem einen einer eines einfach einige einigen einmal
er erst es etwa etwas euch euer eure für ganz gar geben gegen gehen geht gemacht genau gerade gern gesagt gewesen gibt
ging gut habe haben halt hallo hast hat hatte hatten hätte hätten heißt her heute hier hin hinter ich ihm ihn ihnen
ihr ihre ihrem ihren ihrer im immer in ins irgendwie ist ja je jede jedem jeden jeder jedes jemand jetzt kam kann
kannst kein keine keinem keinen klar komm kommen kommt können könnte könnten lassen leider machen macht mal man
manche mehr mein meine meinen meiner mich mir mit möchte muss müssen müsste na nach nächste natürlich ne nee nein
neue nicht nichts nie noch nun nur ob oben oder ohne okay quasi raus recht richtig sache sachen sagen sagt schon
sehen sehr sei sein seine seinem seinen seiner seit selbst sich sicher sie sieht sind so sogar soll sollen sollte
sondern sonst sowas soweit sozusagen stimmt super tag tun über um und uns unser unsere unter usw viel viele vielen
vielleicht vom von vor war wäre waren warum was weil weiter weiß welche welchem welchen welcher wenig wenn wer werde
werden weshalb wie wieder will wir wird wirklich wissen wo woche wohl wollen wollte worden würde würden wurde wurden
zeit zu zum zur zusammen zwar zwei zwischen
"""
FRENCH = """
à a ah ai aie ainsi alors après as assez au aucun aucune aujourd'hui aura aurait aussi autre autres aux avaient avais
avait avant avec avez avoir avons bah beaucoup ben bien bon bonjour bref c'est ça car ce ceci cela celle celles celui
cent ces cet c'était cette ceux chacun chaque chez chose choses comme comment d'accord dans de déjà demain depuis
dernier derrière des deux devant devrait dire dis disait dit doit doivent donc dont du elle elles en encore enfin
ensuite entre es est et était étaient étais été être eu euh eux fait faire fais faut fois font il ils j'ai je jour
jusque l'on la là le les leur leurs lui ma mais mal me même mêmes merci mes mettre mieux moi moins mon n'a n'est ne
ni non nos notre nous on ont ou où ouais oui par parce pas pendant personne petit peu peut peuvent peux plein plus
plutôt pour pourquoi pouvait pouvoir premier près presque puis qu'il qu'on quand que quel quelle quelles quelque
quelques quels qui quoi rien s'il sa sais sans se sera serait ses si sinon soit sommes son sont sous suis super sur
surtout ta tel tellement temps tes toi ton toujours tous tout toute toutes très trois trop truc tu un une va vais
vas venir vers veut veux viens vient voilà voir vont vos votre voulait vous vrai vraiment vu y
"""

STOP_WORDS: dict[str, frozenset[str]] = {
    "en": frozenset(ENGLISH.split()),
    "es": frozenset(SPANISH.split()),
    "de": frozenset(GERMAN.split()),
    "fr": frozenset(FRENCH.split()),
}


def tokens(text: str) -> list[str]:
    """The words of a text in lower case; scripts without spaces give one token a character."""
    return [token.replace("’", "'") for token in _TOKEN.findall(text.lower())]


def is_dense(text: str) -> bool:
    """Whether the text is mostly in a script that puts no spaces between words."""
    letters = sum(1 for character in text if character.isalpha())
    return letters > 0 and len(_DENSE.findall(text)) * 2 > letters


def stem(word: str) -> str:
    """What a word is compared by: its first letters without accents and without a possessive."""
    word = word.split("'", maxsplit=1)[0] if word.endswith("'s") else word.rsplit("'", 1)[-1]
    bare = "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))
    if len(bare) > 3 and bare.endswith("s") and not bare.endswith("ss"):
        bare = bare[:-1]
    return bare[:STEM]


def guess_language(words: Iterable[str]) -> str | None:
    """The language whose small words the text uses, or None where no list fits."""
    counts = Counter(words)
    total = sum(counts.values())
    if not total:
        return None
    shares = {code: sum(counts[word] for word in stop) / total for code, stop in STOP_WORDS.items()}
    best = max(shares, key=lambda code: shares[code])
    return best if shares[best] > 0.25 else None


def stop_words(language: str | None, sentences: Sequence[Sequence[str]]) -> frozenset[str]:
    """The words of these tokenized sentences, or of all of their language, that carry no subject."""
    words = [word for sentence in sentences for word in sentence]
    known = STOP_WORDS.get(language or "") or STOP_WORDS.get(guess_language(words) or "")
    return known if known is not None else common_words(sentences)


def common_words(sentences: Sequence[Sequence[str]]) -> frozenset[str]:
    """Words in more than a twelfth of all sentences, and single letters: the stop words of any language."""
    spread = Counter(word for sentence in sentences for word in set(sentence))
    threshold = max(3, len(sentences) / 12)
    return frozenset(word for word, count in spread.items() if count > threshold or (len(word) < 2 and word.isascii()))
