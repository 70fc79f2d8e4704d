"""plotly.js as it is given out: the published file, unchanged, behind a module made in Python."""

import hashlib

import httpx
import pytest
from fastapi import FastAPI

from ui import statics

# npm: plotly.js-cartesian-dist-min 3.7.0, plotly-cartesian.min.js
PUBLISHED = "7c593b9eda0e74a1d07335cf89cbf7a55ffc114909980c3729af835453bdb02a"
BUNDLE = statics.url("plotly-cartesian.min.js")


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI()
    app.include_router(statics.router)
    return app


async def got(app: object, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type] # any ASGI application
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as browser:
        return await browser.get(path)


async def test_the_bundle_is_the_published_file_and_brings_its_licence(app: FastAPI) -> None:
    bundle = await got(app, BUNDLE)

    assert hashlib.sha256(bundle.content).hexdigest() == PUBLISHED
    assert bundle.content.startswith(b"/**\n* plotly.js (cartesian - minified) v3.7.0\n")
    assert "MIT License" in (await got(app, statics.url("plotly-LICENSE.txt"))).text


async def test_it_travels_compressed_and_is_kept_for_ever(app: FastAPI) -> None:
    answer = await got(statics.Compressed(app), BUNDLE)

    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < 500_000
    assert answer.headers["cache-control"] == statics.FOREVER
    assert hashlib.sha256(answer.content).hexdigest() == PUBLISHED


async def test_the_module_imports_the_bundle_and_exports_what_the_framework_imports(
    app: FastAPI,
) -> None:
    module = await got(app, statics.url("charts.js"))

    assert module.text == f'import "{BUNDLE}";\nexport const Plotly = window.Plotly;\n'
    assert "javascript" in module.headers["content-type"]


async def test_an_address_says_what_is_in_the_file(app: FastAPI) -> None:
    version, name = BUNDLE.split("/")[2:]

    assert PUBLISHED.startswith(version)
    assert (await got(app, f"/assets/0/{name}")).status_code == 404
    assert (await got(app, f"/assets/{version}/app.css")).status_code == 404
