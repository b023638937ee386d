"""What the form of a sentence tells: who has to do what, what was decided, what was asked, what is mere courtesy.

English, Spanish, German and French; other languages go without, and are weighed by their words alone.
"""

from __future__ import annotations

import re

from enrich_tui.stages.summarize.language import is_dense, tokens


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


_FILLER = _any(
    r",?\s*(?<!\w)(?:u+h+|u+m+|e+r+m+|u+h+m+|hmm+|mhm|mm+|äh+m?|öh+m?|e+uh+|eh+)(?!\w)[,…]*",
    r",\s*(?:you know|i mean|like|sort of|kind of|o sea|sabes|digamos|weißt du|sozusagen|quasi|tu vois|tu sais)\s*,",
    r"\b(?:you know|i mean|tu sais|tu vois),",
)
_OPENER = _any(
    r"(?:(?:okay|ok|so|well|yeah|yes|yep|right|alright|all right|and|but|anyway|now|cool|great|perfect|sure|i mean|"
    r"you know|bueno|pues|vale|entonces|así que|y|pero|also|ja|gut|genau|na ja|und|aber|alors|donc|bon|ben|bah|et|"
    r"mais|voilà|ouais|oui)(?:[,.]\s*|\s+(?=(?:so|well|yeah|okay|ok|right|pues|ja|gut|ben|bon|donc)\b)))+"
)
_SOFT_OPENER = _any(r"(?:(?:so|and|okay|ok|well|yeah|yes|sure|anyway|bueno|pues|alors|donc)\s+)+(?=[\w']+\s+\w+\s+\w+)")
_STUTTER = re.compile(r"\b(\w+(?:'\w+)?)(?:[,…]?\s+\1\b)+(?!['’])", re.IGNORECASE)
_DOUBLES = frozenset(
    {"that", "had", "very", "really", "no", "bye", "sehr", "die", "der", "das", "muy", "très", "nous", "vous"}
)

_COURTESY = _any(
    r"^(?:hi|hello|hey|good (?:morning|afternoon|evening)|welcome|bye|goodbye|cheers|thank you|thanks|hola|"
    r"buenos días|"
    r"buenas|bienvenid|gracias|adiós|hasta luego|hallo|guten (?:morgen|tag|abend)|willkommen|danke|tschüss|"
    r"vielen dank|"
    r"bonjour|bonsoir|salut|bienvenue|merci|au revoir)\b",
    r"\b(?:can (?:you|everyone|everybody|anyone) (?:all )?(?:hear|see)|see my screen|hear me|share my screen|"
    r"sharing my screen|"
    r"on mute|you're muted|thanks? (?:you )?(?:for|everyone|everybody|all|so much|again)|have a (?:good|nice|great)|"
    r"see you (?:all |guys )?(?:next|later|soon|tomorrow|then|on)|talk (?:to you )?(?:soon|later)|"
    r"(?:can we|shall we|let's|we can|we'll) (?:get|be) (?:going|started|starting)|"
    r"how are you|how(?:'s| is) everyone|let'?s wait|waiting for|is everyone here|that's all(?: from me)?|"
    r"me (?:oyen|escuchan|ven)|se (?:oye|ve) bien|hört ihr mich|könnt ihr mich|vous m'entendez|"
    r"don't forget to (?:like|subscribe)|like and subscribe|subtitles by|untertitel|subtítulos|sous-titres)\b",
)
_NAME = r"(?-i:(?!(?:It|This|That|There|These|Those|The|What|Which|Who|Everything|Nothing|People|Then)\b)[A-Z]\w+)"
_ONLY_WORDS = (
    "(?:be|not|see|say|know|never|always|show|talk|look|discuss|explain|cover|describe|go over|go through|wait|face|"
    "start|begin|get started|move on|jump|dive|hope|start by|have|need)"
)
"""What one announces in a session and does on the spot."""
_ACTION = _any(
    r"\b(?:to-?do|action items?|next steps?|follow[- ]up (?:on|with)|deadline)\b",
    r"\b(?:we|you|i|they|he|she|someone|somebody) (?:still |really |also |just |probably )?(?:need|needs|have|"
    r"has|got|ought) to\b(?! (?:say|admit|be honest|know))",
    rf"\b(?:i|we|you|he|she|they|{_NAME})(?:'ll| will| am going to|'m going to|'re going to| are going to|"
    rf" is going to)"
    rf" (?:\w+ly |also |then |just |have to )?(?!{_ONLY_WORDS}\b)\w+",
    rf"\b(?:we|you|i|{_NAME}) (?:should|must)(?! (?:i|we|be)\b) \w+",
    rf"\blet'?s (?!{_ONLY_WORDS}\b)\w+",
    r"\b(?:can|could|would) you (?:please )?(?!hear\b|see\b|imagine\b|believe\b)\w+",
    r"\b(?:make sure|remember to|don't forget to|please) \w+",
    r"\b(?:by|before|until) (?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|tomorrow|next week|"
    r"end of|the end of)\b",
    r"\b(?:tenemos que|tengo que|hay que|necesitamos|debemos|deberíamos|"
    r"(?:vamos|voy) a (?!hablar|ver|mostrar|explicar|empezar|comenzar)|falta por|pendiente|"
    r"queda por|para el (?:lunes|martes|miércoles|jueves|viernes))\b",
    r"\b(?:wir|ich|du|ihr|man) (?:müssen|muss|musst|müsst|sollten|sollte|werde|werden)\b|\b(?:müssen|sollten|"
    r"werden) wir\b|\b(?:kannst du|könntest du|lass uns|lasst uns)\b|\bbis (?:montag|dienstag|mittwoch|"
    r"donnerstag|freitag|morgen|nächste)\b",
    r"\b(?:il faut|il faudrait|on doit|nous devons|je dois|"
    r"(?:on va|je vais|nous allons) (?!parler|voir|montrer|expliquer|commencer|regarder)|tu peux|vous pouvez|"
    r"il reste à|à faire|d'ici (?:lundi|mardi|mercredi|jeudi|vendredi|demain))\b",
)
_DECISION = _any(
    r"\b(?:we(?:'ve| have)? (?:decided|agreed|settled|chose|chosen)|decision|decided (?:to|that|on)|"
    r"agreed (?:to|that|on)|"
    r"let'?s go with|we(?:'ll| will| are going to|'re going to) go with|going with|final answer|conclusion|"
    r"approved|signed off|rule(?:d)? out)\b",
    r"\b(?:hemos decidido|decidimos|acordamos|hemos acordado|quedamos en|la decisión|aprobado)\b",
    r"\b(?:haben (?:\w+ )?(?:entschieden|beschlossen|vereinbart)|einigen uns|geeinigt|entscheidung|beschluss|"
    r"beschlossen)\b",
    r"\b(?:on a décidé|nous avons décidé|décidé de|on est d'accord|la décision|convenu)\b",
)
_EMPHASIS = _any(
    r"\b(?:important|importantly|key|main|crucial|critical|essential|in short|in summary|to sum up|overall|"
    r"the goal|the point|"
    r"the problem|the issue|the reason|because of|as a result|therefore|means that|turns out|the plan|"
    r"we found|results? (?:show|shows)|learned|"
    r"root cause|the risk|blocked|blocker)\b",
    r"\b(?:importante|en resumen|el problema|el objetivo|la razón|resultado|por lo tanto|clave)\b",
    r"\b(?:wichtig|entscheidend|zusammenfassend|das problem|das ziel|der grund|ergebnis|deshalb)\b",
    r"\b(?:important|en résumé|le problème|l'objectif|la raison|résultat|par conséquent|essentiel)\b",
)
_ASKS = _any(
    r"^(?:what|why|how|when|who|where|which|whose)(?:'s| is| are| do| does| did| can| could| should| would|"
    r" will| about| if| many| much| long)\b",
    r"^(?:should|can|could|do|does|did|is|are|will|would|have|has) (?:we|you|i|they|it|there|he|she|this|that|"
    r"the|anyone|anybody)\b",
    r"^(?:qué|cómo|cuándo|quién|dónde|cuál|por qué|was|wie|wann|wer|wo|warum|welche[rsn]?|que|qui|quand|où|"
    r"pourquoi|comment|est-ce que|qu'est-ce)\b",
)
_DEPENDENT = _any(
    r"^(?:it|that|this|those|these|he|she|they|which|because|then|there|him|her|them|and|but|or|eso|esto|ese|"
    r"ella|ellos|porque|das|dies|er|weil|denn|ça|cela|il|elle|ils|parce que)\b"
)


def polish(text: str) -> str:
    """A sentence as one would write it down: without fillers, stutters and running starts."""
    if is_dense(text):
        return text.strip()
    text = _FILLER.sub(" ", text)
    text = _STUTTER.sub(lambda match: match[0] if match[1].lower() in _DOUBLES else match[1], text)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"\s+([,.…])", r"\1", text)
    text = re.sub(r"[,;:]+(?=[,.;:!?…])", "", text).strip(" ,;:-–—")
    text = re.sub(r"^[.…\s]+", "", text)
    for pattern in (_OPENER, _SOFT_OPENER):
        opener = pattern.match(text)
        if opener and len(text) - opener.end() >= 12:
            text = text[opener.end() :].lstrip(" ,")
    return text[:1].upper() + text[1:]


def is_courtesy(text: str) -> bool:
    """Greetings, thanks, sound checks: said in every session, and about none."""
    match = _COURTESY.search(text)
    if match is None:
        return False
    # a greeting that goes on to say something is not thrown away whole
    return len(tokens(text)) <= (14 if match.start() == 0 else 20)


def is_action(text: str) -> bool:
    """Whether somebody is to do something."""
    return not is_question(text, strict=True) and bool(_ACTION.search(text))


def is_request(text: str) -> bool:
    """Whether somebody is asked to do something: a question in form only."""
    return bool(
        re.search(r"\b(?:can|could|would) you (?:please )?(?!hear|see|tell|explain|say)\w+", text, re.IGNORECASE)
    )


def is_question(text: str, *, strict: bool = False) -> bool:
    """Whether something is asked that could be answered; ``strict``: only with its question mark."""
    asks = text.rstrip("\"'”’» ").endswith(("?", "？"))
    if is_dense(text):
        return asks
    count = len(tokens(text))
    if asks:
        return count >= 4
    bare = text.rstrip().endswith((".", "!", "…"))
    return not strict and not bare and 5 <= count <= 25 and bool(_ASKS.search(text))


def is_decision(text: str) -> bool:
    """Whether something was decided."""
    return bool(_DECISION.search(text))


def weight(text: str) -> float:
    """How much the form of a sentence speaks for it, around 1."""
    value = 1.0
    if is_decision(text):
        value *= 1.5
    if _EMPHASIS.search(text):
        value *= 1.2
    if re.search(r"\d", text):
        value *= 1.1
    if _DEPENDENT.search(text):
        value *= 0.75
    if text.endswith(("...", "…", ",", "-")):
        value *= 0.7
    return value
