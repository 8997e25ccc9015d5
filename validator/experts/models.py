"""Models behind endpoints that speak as OpenAI's or Anthropic's, through pydantic-ai.

Nothing else of the engine knows that library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import httpx2

from validator.experts.wiring import KeepingTransport

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelResponse
    from pydantic_ai.models import Model

    from validator.domain.reviews import Ask
    from validator.settings.experts import SeatSettings

# Named here because the SDKs would otherwise take an address from the environment.
_MAKERS: Final = {"openai": "https://api.openai.com/v1", "anthropic": "https://api.anthropic.com"}
_CONNECT_S: Final = 10.0
_NO_KEY: Final = "kept-by-the-transport"


class Endpoint:
    """The connections of one seat. Its models are made once and shared by all calls."""

    def __init__(self, seat: SeatSettings, key: str | None, response_bytes: int) -> None:
        self._seat = seat
        self._http = httpx2.AsyncClient(
            transport=KeepingTransport(
                httpx2.AsyncHTTPTransport(
                    trust_env=False,
                    limits=httpx2.Limits(max_connections=seat.concurrency),
                ),
                _key_header(seat.api, key),
                response_bytes,
            ),
            follow_redirects=False,
            trust_env=False,
            # Of a whole call the client's own deadline decides.
            timeout=httpx2.Timeout(None, connect=_CONNECT_S),
        )
        make = _openai if seat.api == "openai" else _anthropic
        base_url = seat.base_url or _MAKERS[seat.api]
        self._models = {
            name: make(name, base_url, self._http) for name in (seat.model, *seat.fallbacks)
        }

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the models, in the order in which they are asked."""
        return tuple(self._models)

    async def request(self, model: str, ask: Ask) -> ModelResponse:
        """Make one request, with no retry. Raises what pydantic-ai raises."""
        from pydantic_ai.direct import model_request
        from pydantic_ai.messages import ModelRequest, SystemPromptPart, UserPromptPart
        from pydantic_ai.models import ModelRequestParameters
        from pydantic_ai.output import OutputObjectDefinition
        from pydantic_ai.settings import ModelSettings

        settings = ModelSettings(max_tokens=ask.max_output_tokens)
        if self._seat.temperature is not None:
            settings["temperature"] = self._seat.temperature
        if self._seat.api == "openai":  # Anthropic's takes none
            settings["seed"] = ask.seed
        shape = OutputObjectDefinition(json_schema=_copied(ask.schema), name="verdict", strict=True)
        return await model_request(
            self._models[model],
            [ModelRequest(parts=[SystemPromptPart(ask.system), UserPromptPart(ask.user)])],
            model_settings=settings,
            model_request_parameters=ModelRequestParameters(
                output_mode="native", output_object=shape, allow_text_output=True
            ),
            instrument=False,
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()


def _key_header(api: str, key: str | None) -> tuple[str, str] | None:
    if key is None:
        return None
    return ("authorization", f"Bearer {key}") if api == "openai" else ("x-api-key", key)


def _openai(name: str, base_url: str, http: httpx2.AsyncClient) -> Model:
    from openai import AsyncOpenAI
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.profiles.openai import OpenAIModelProfile
    from pydantic_ai.providers.openai import OpenAIProvider

    client = AsyncOpenAI(api_key=_NO_KEY, base_url=base_url, http_client=http, max_retries=0)
    profile = OpenAIModelProfile(
        supports_json_schema_output=True,
        # It would put invisible joiners into what was cleaned of them.
        may_tokenize_special_tokens_in_content=False,
        # Servers other than the maker's know the older field alone.
        openai_chat_supports_max_completion_tokens=base_url == _MAKERS["openai"],
    )
    return OpenAIChatModel(name, provider=OpenAIProvider(openai_client=client), profile=profile)


def _anthropic(name: str, base_url: str, http: httpx2.AsyncClient) -> Model:
    from anthropic import AsyncAnthropic
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.profiles import ModelProfile
    from pydantic_ai.providers.anthropic import AnthropicProvider

    client = AsyncAnthropic(api_key=_NO_KEY, base_url=base_url, http_client=http, max_retries=0)
    profile = ModelProfile(
        supports_json_schema_output=True, may_tokenize_special_tokens_in_content=False
    )
    return AnthropicModel(
        name, provider=AnthropicProvider(anthropic_client=client), profile=profile
    )


def _copied(value: Any) -> Any:  # noqa: ANN401 - JSON
    """The library may change a schema that it is given."""
    if hasattr(value, "items"):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list | tuple) else value
