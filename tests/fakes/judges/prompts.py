"""What a scripted judge can see of a request."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Shown:
    """One block of untrusted text, without the marks of its lines."""

    channel: str
    label: str
    text: str


@dataclass(frozen=True)
class Prompt:
    """One request, of either API."""

    api: str
    model: str
    system: str
    user: str
    schema: Mapping[str, Any]
    seed: int | None
    max_tokens: int | None
    headers: Mapping[str, str]

    @property
    def shown(self) -> tuple[Shown, ...]:
        """The blocks of the user's message: every line that is a JSON object of ours."""
        found = []
        for line in self.user.split("\n"):
            if not line.startswith("{"):
                continue
            try:
                block = json.loads(line)
            except ValueError:
                continue
            if {"channel", "label", "text"} <= set(block):
                text = "\n".join(part.partition("| ")[2] for part in block["text"].split("\n"))
                found.append(Shown(block["channel"], block["label"], text))
        return tuple(found)

    @property
    def answer(self) -> str:
        """What the answer says, all its pieces."""
        return "\n\n".join(one.text for one in self.shown if one.channel == "answer")


def read_openai(headers: Mapping[str, str], body: Mapping[str, Any]) -> Prompt:
    texts = {message["role"]: _text(message["content"]) for message in body["messages"]}
    shape = body.get("response_format", {}).get("json_schema", {})
    return Prompt(
        "openai",
        body["model"],
        texts.get("system", texts.get("developer", "")),
        texts.get("user", ""),
        shape.get("schema", {}),
        body.get("seed"),
        body.get("max_tokens", body.get("max_completion_tokens")),
        headers,
    )


def read_anthropic(headers: Mapping[str, str], body: Mapping[str, Any]) -> Prompt:
    shape = body.get("output_config", {}).get("format", {}) or body.get("output_format", {})
    return Prompt(
        "anthropic",
        body["model"],
        _text(body.get("system", "")),
        "".join(_text(one["content"]) for one in body["messages"] if one["role"] == "user"),
        shape.get("schema", {}),
        None,
        body.get("max_tokens"),
        headers,
    )


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)
