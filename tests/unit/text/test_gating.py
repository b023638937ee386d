"""The cost-free rule holds for text from any source, and for whole words only."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich_tui.text import NEUTRAL, compose, gate, mentions_money

WITHHELD = [
    "It would cost too much.",
    "The price is unknown.",
    "$0.50",
    "about 5 $ each",
    "12.50 EUR",
    "USD",
    "€",
    "CHF 5",
    "0.002 per 1k tokens",
    "tokens used: 1234",
    "8,192 tokens",
    "max_tokens is too large",
    "n_tokens=512",
    "a 512-token window",
    "{'prompt_tokens': 5}",
    "at no charge",
    "prompt tokens: 12",
    "insufficient_quota",
    "InsufficientQuotaError",
    "billing_hard_limit_reached",
    "totalCost=5",
    "Your credit balance is too low",
    "402 Payment Required",
    "Budget exceeded",
    "Disk quota exceeded",
    "COST",
    "ｃｏｓｔ",
    "co\u200bst",
    "Ihr Guthaben ist aufgebraucht",
    "余额不足",
    "5\ntokens",
]

KEPT = [
    "costume.mp4 could not be read.",
    "A tokenizer is missing.",
    "creditable",
    "The access token has expired.",
    "Unexpected token in the file.",
    "accosted, priceless-looking",
    "per cent",
    "$HOME is not a folder.",
    "Worker 2 ran out of memory. Its session went back in the queue.",
    "The load balancer does not answer.",
    "file 502.wav",
    "",
    NEUTRAL,
]


@pytest.mark.parametrize("text", WITHHELD)
def test_money_is_held_back(text: str) -> None:
    assert gate(text) == NEUTRAL


@pytest.mark.parametrize("text", KEPT)
def test_everything_else_passes(text: str) -> None:
    assert gate(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("The server refused. Your credit balance is too low.", "The server refused."),
        ("The server is busy; check your billing details.", "The server is busy"),
        ("Wait a minute. It costs approx. 5 a call. Then retry.", "Wait a minute. Then retry."),
        (
            "Rate limit reached on tokens per min (TPM): Limit 30000, Used 28000. Please try again in 6s.",
            "Please try again in 6s.",
        ),
        ("line one\nprice: 5\nline two", "line one\nline two"),
    ],
)
def test_only_the_offending_sentence_goes(text: str, shown: str) -> None:
    assert gate(text) == shown


def test_what_is_held_back_is_in_the_log_whole(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "enrich_tui.gate"):
        gate("The server refused. It costs $5.")
    assert "The server refused. It costs $5." in caplog.text


def test_own_words_pass_untouched() -> None:
    title = "Budget 2026: $5 {price}"
    assert compose("{title} could not be read.", title=title) == f"{title} could not be read."
    assert compose("{title} cost $5.", title=title) == NEUTRAL
    assert compose("{title.__class__} {other}", title="x") == "{title.__class__} {other}"
    assert compose("{title}", title="a\x1b[31mb") == "ab"


@given(
    st.text(st.characters(exclude_categories=()))
    | st.lists(
        st.sampled_from([*WITHHELD, *KEPT, ". ", "; ", "\n", " ", "cost", "5", "tokens", "a", "B", "\u0301"])
    ).map("".join)
)
def test_whatever_comes_in(text: str) -> None:
    gated = gate(text)
    assert gate(gated) == gated
    assert not mentions_money(gated)
    assert gated.isprintable() or "\n" in gated or not gated.isascii()
