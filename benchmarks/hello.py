"""The floor of the front door: FastAPI's hello-world, started on the same server as ours."""

from __future__ import annotations

from fastapi import FastAPI

app = FastAPI(openapi_url=None)


@app.get("/hello")
async def hello() -> dict[str, str]:
    """Return a constant."""
    return {"hello": "world"}
