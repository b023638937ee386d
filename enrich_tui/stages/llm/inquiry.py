"""Whether a configured server could write summaries, in words for a person."""

from __future__ import annotations

from urllib.parse import urlsplit

from enrich_tui.config import SummaryConfig
from enrich_tui.errors import StageError, describe
from enrich_tui.errors.problems import Problem
from enrich_tui.stages.llm.keys import find_key, host_of, is_here
from enrich_tui.stages.llm.server import INSTALL, Server

__all__ = ["INSTALL", "inquire"]

PATIENCE = 5.0
"""Seconds that it has for its answer."""


async def inquire(config: SummaryConfig) -> tuple[bool, str]:
    """Ask the server which models it has; returns whether it is ready, and what to say about it and its key."""
    told: list[str] = []
    ready = False
    try:
        key = find_key(config)
        told.append(f"key from {key.where}" if key else "no key")
        if urlsplit(config.base_url or "").scheme == "http" and not is_here(host_of(config)):
            told.append("not encrypted")
        async with Server(config.model_copy(update={"timeout": PATIENCE}), key) as server:
            models = await server.models()
        ready = bool({config.model, f"{config.model}:latest"} & {*models})  # Ollama's way of naming
        told.insert(0, "ready" if ready else "it answers, and has no such model: check model")
    except StageError as error:
        wording = describe(error.problem, error.facts)
        ready = error.problem is Problem.MODEL_UNKNOWN  # there are servers that do not tell which models they have
        told.insert(0, "it answers, and does not tell its models" if ready else wording.message.rstrip("."))
    return ready, " · ".join(told)
