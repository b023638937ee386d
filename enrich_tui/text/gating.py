"""The cost-free gate: no money, prices, budgets, billing, quotas, credits or token counts in what a person sees.

It is for messages, whoever wrote them. A person's own words (titles, transcripts, summaries) do not go through it;
where a message embeds them, use :func:`compose`. What is held back goes to the log, whole.
"""

from __future__ import annotations

import logging
import re
import unicodedata

from enrich_tui.text.cleaning import clean

NEUTRAL = "Details are in the log."
"""Stands in for a message of which nothing may be shown."""

_log = logging.getLogger("enrich_tui.gate")

_WORDS = (
    # money as such
    r"money|monetary|moneys?|cash|currenc(?:y|ies)|dollars?|euros?|cents|bucks|yen|yuan|rupees?|pounds? sterling",
    r"usd|eur|gbp|cny|inr|jpy",
    # what things are worth
    r"costs?|costly|costed|costing|pric(?:e|es|ed|ing|ey|ier)|fees?",
    r"surcharges?|charges|charged|(?:of|no|extra) charge|rate card",
    r"expensive|inexpensive|cheap(?:er|est|ly)?|afford(?:able|ed)?|discounts?|refund(?:s|ed)?",
    r"budget(?:s|ed|ing|ary)?|spend|spends|spending|overspen[dt]|overages?|expens(?:e|es)|expenditures?",
    # how they are paid
    r"bill(?:s|ed|ing|able)?|invoic(?:e|es|ed|ing)|pay|pays|paying|paid|payable|payments?|prepaid|postpaid|unpaid",
    r"purchas(?:e|es|ed|ing)|subscriptions?|wallets?|funds|top[ -]?ups?|free[ -]tier|paid[ -]tier",
    r"(?:pricing|usage|billing)[ -](?:plan|tier)s?|upgrade (?:your |the )?(?:plan|account)",
    # how they are rationed
    r"quotas?|credits?|(?:account|insufficient|remaining|low)[ -]balance|balance (?:is )?(?:too )?(?:low|insufficient)",
    # the same in other languages that servers speak
    r"kosten|kostenpflichtig|preise?|guthaben|abrechnung|rechnung|kontingent|zahlung|geld|gebühr(?:en)?",
    r"coûts?|prix|facture|facturation|paiement|crédits?|solde|argent|tarifs?",
    r"costos?|costes?|precios?|facturación|pago|créditos?|saldo|dinero|presupuesto",
)
# Whole words. Digits and underscores end a word too, because codes are written so: insufficient_quota, cost2.
_MONEY = re.compile(rf"(?<![^\W\d_])(?:{'|'.join(_WORDS)})(?![^\W\d_])")

_AMOUNT = re.compile(
    r"\$ ?\d|\d ?\$|\bus ?\$|[¢£¤¥֏؋৲৳૱௹฿៛₠-⃀﷼]"
    r"|(?<![^\W_])(?:chf|aud|cad|krw|brl|rub|mxn|sek|nok|dkk|pln|nzd|sgd|hkd|btc) ?\d"
    r"|\d ?(?:chf|aud|cad|krw|brl|rub|mxn|sek|nok|dkk|pln|nzd|sgd|hkd|btc)(?![^\W_])"
)
_KIND = "input|output|prompt|completion|total|cached|reasoning|remaining|new|more|max|used"
_TOKENS = re.compile(
    rf"(?:\d[\d., ]{{0,20}}[km]?|thousand|million)[ -]?(?:(?:{_KIND}) )*tokens?(?![^\W_])"
    r"|(?<![^\W\d_])tokens?[ _-]?(?:us(?:ed|age)|counts?|limits?|remaining|left|consumed|per|totals?|[:=(] ?\d)"
    rf"|(?<![^\W\d_])(?:{_KIND}|many|few)(?: (?:{_KIND}))?[ _-]tokens(?![^\W\d_])"
    r"|(?<![^\W\d_])(?:number|amount|count) of tokens|tokens (?:was|were|are|is|have been) used"
)
_SCRIPTS = re.compile(
    r"余额|餘額|費用|费用|价格|價格|账单|帳單|付款|支付|配额|配額|额度|預算|预算|计费"
    r"|料金|課金|請求|残高|価格|クォータ|クレジット|결제|요금|잔액|비용|예산"
)
_PATTERNS = (_MONEY, _AMOUNT, _TOKENS, _SCRIPTS)

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# A sentence ends at its full stop unless a digit or a small letter follows ("approx. 5"); a clause ends at a semicolon.
_PIECES = re.compile(r"(?<=[.!?…])\s+(?![\da-z])|(?<=[;。！？])\s*|\n+")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def mentions_money(text: str) -> bool:
    """True where ``text`` mentions money, or what the rule counts with it, in whole words."""
    folded = unicodedata.normalize("NFKC", text)
    plain = " ".join(unicodedata.normalize("NFC", _CAMEL.sub(" ", folded).lower()).split())
    return any(pattern.search(plain) for pattern in _PATTERNS)


def gate(text: str) -> str:
    """Clean ``text`` and hold back every sentence of it that mentions money; never raises, idempotent.

    Where nothing is left, :data:`NEUTRAL` stands in. What was held back goes to the logger ``enrich_tui.gate``, whole.

    >>> gate("The server refused. Your credit balance is too low.")
    'The server refused.'
    >>> gate("costume.mp4 could not be read.")
    'costume.mp4 could not be read.'
    """
    cleaned = clean(text, multiline=True)
    if not mentions_money(cleaned):
        return cleaned
    kept: list[str] = []
    start = 0
    for end in [*(piece.end() for piece in _PIECES.finditer(cleaned)), len(cleaned)]:
        piece = cleaned[start:end]
        if not mentions_money(piece):
            kept.append(piece)
        start = end
    _log.info("Held back from the display: %s", text)
    left = clean("".join(kept).strip().rstrip(";,:–— "), multiline=True)
    # what mentions money only together (a count at a line's end, its unit in the next line) goes together
    return left if any(map(str.isalnum, left)) and not mentions_money(left) else NEUTRAL


def compose(template: str, **own_words: str) -> str:
    """Gate ``template``, then put a person's own words into its ``{names}``, cleaned but otherwise untouched.

    >>> compose("{title} could not be read. It cost $2.", title="Budget 2026")
    'Budget 2026 could not be read.'
    """
    words = {name: clean(value) for name, value in own_words.items()}
    return _PLACEHOLDER.sub(lambda match: words.get(match[1], match[0]), gate(template))
