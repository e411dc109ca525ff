"""The web side of `muniment review`: on this machine alone, for whoever has the token, and for no other web page.

Every request must carry the token in its path and this server's own address as its host (a name that an attacker points
at the loopback address has another); a decision must come from our own pages. Knows nothing of what is shown.
"""

import hmac
import json
import secrets
import signal
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from flows.review_room import ReviewRoom
from schemas.errors import BadInput, DatabaseBusy, MunimentError, ReviewOutdated

LOOPBACK = "127.0.0.1"
MOST_BYTES = 65536
"""Of a decision, which is ids and numbers."""

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'; base-uri 'none'; form-action 'none'; object-src 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

Answer = Callable[[Request], Awaitable[Response]]


def listen(port: int) -> socket.socket:
    """A socket on the loopback address; port 0 takes a free one. Raises BadInput where the port is taken."""
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((LOOPBACK, port))
        opened.listen()  # who is told the address may come at once
    except (OSError, OverflowError):
        opened.close()
        raise BadInput(f"port {port} cannot be used; give another, or 0 for any that is free") from None
    return opened


def new_token() -> str:
    """256 random bits for the URL."""
    return secrets.token_urlsafe(32)


def serve(room: ReviewRoom, opened: socket.socket, token: str) -> None:
    """Answers on the socket until it is interrupted."""
    app = review_app(room, f"{LOOPBACK}:{opened.getsockname()[1]}", token)
    # an access log would hold the token
    config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False, lifespan="off", ws="none")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # uvicorn raises again what ended it
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[opened])


def review_app(room: ReviewRoom, host: str, token: str) -> Starlette:
    """The pages at `http://<host>/<token>/`."""
    root = f"/{token}"

    async def queue(_request: Request) -> Response:
        return HTMLResponse(await run_in_threadpool(room.queue, root))

    async def document(request: Request) -> Response:
        return HTMLResponse(await run_in_threadpool(room.document, root, request.path_params["key"]))

    async def picture(request: Request) -> Response:
        params = request.path_params
        drawn = await run_in_threadpool(room.picture, params["key"], params["number"])
        return Response(drawn.content, media_type=drawn.media_type) if drawn else _plain(404, "not drawn")

    async def words(request: Request) -> Response:
        params = request.path_params
        found = await run_in_threadpool(room.words, params["key"], params["number"])
        return JSONResponse([asdict(word) for word in found])

    async def review(request: Request) -> Response:
        cells = await _decision(request, host)
        return JSONResponse({"stored": await run_in_threadpool(room.decide, request.path_params["key"], cells)})

    pages = {"": queue, "documents/{key}": document, "documents/{key}/pages/{number:int}": picture}
    pages["documents/{key}/words/{number:int}"] = words
    routes = [Route(f"/{{token}}/{path}", _guarded(answer, host, token)) for path, answer in pages.items()]
    routes.append(Route("/{token}/documents/{key}/reviews", _guarded(review, host, token), methods=["POST"]))
    return Starlette(routes=routes)


def _guarded(answer: Answer, host: str, token: str) -> Answer:
    """The answer for whom it may have one, errors as one line of JSON, and headers that keep it to our own pages."""

    async def guarded(request: Request) -> Response:
        if request.headers.get("host") != host:
            return _plain(421, "this address is not served here")
        if not hmac.compare_digest(request.path_params["token"].encode(), token.encode()):
            return _plain(404, "not found")
        try:
            response = await answer(request)
        except MunimentError as error:
            response = JSONResponse({"error": str(error)}, status_of(error))
        response.headers.update(HEADERS)
        return response

    return guarded


async def _decision(request: Request, host: str) -> object:
    """The body of a request that one of our own pages sent. Raises BadInput for any other."""
    if request.headers.get("origin") != f"http://{host}" or request.headers.get("sec-fetch-site") not in OWN_SITE:
        raise BadInput("a decision must come from the review's own page")
    if request.headers.get("content-type", "").split(";")[0].strip() != "application/json":
        raise BadInput("a decision is sent as application/json")
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            raise BadInput(f"a decision has at most {MOST_BYTES} bytes")
    try:
        found: object = json.loads(bytes(body))
    except ValueError:
        raise BadInput("a decision is one JSON object") from None
    return found


OWN_SITE = {"same-origin", None}
"""What a browser says of a request by a page of ours; None from one too old to say."""


def status_of(error: MunimentError) -> int:
    """The HTTP status that our pages know what to do with: 503 is tried again, 409 wants a fresh look."""
    match error:
        case DatabaseBusy():
            return 503
        case ReviewOutdated():
            return 409
        case BadInput():
            return 400
    return 500


def _plain(status: int, words: str) -> Response:
    return PlainTextResponse(words, status, headers=HEADERS)
