"""Serve sandbox shops and tills on loopback, over real HTTP/1.1 with kept-alive connections."""

import contextlib
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol
from wsgiref.util import shift_path_info

from werkzeug.http import http_date
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from stocksync.sandbox.silence import NoAnswer


class Site(Protocol):
    """Anything with a name that answers requests; its base path is its name."""

    @property
    def name(self) -> str:
        """Return the name, which is its first path segment."""

    def handle(self, request: Request) -> Response:
        """Answer one request, or raise `NoAnswer`."""


class Served:
    """The running server: where its sites are."""

    def __init__(self, port: int, names: Sequence[str]) -> None:
        self.port = port
        self._names = tuple(names)

    def url(self, name: str) -> str:
        """Return the base address of one site, without a slash at its end."""
        if name not in self._names:
            raise LookupError(f"no site {name!r} is served here; there are {list(self._names)}")
        return f"http://127.0.0.1:{self.port}/{name}"


@contextlib.contextmanager
def serve(sites: Sequence[Site], *, port: int = 0) -> Iterator[Served]:
    """Serve every site below its own name until the block is left; port 0 finds a free one."""
    street = _Street({site.name: site for site in sites})
    server = make_server(
        "127.0.0.1", port, _no_application, threaded=True, request_handler=street.handler()
    )
    if isinstance(server, ThreadedWSGIServer):
        server.daemon_threads = True
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="sandbox", daemon=True
    )
    thread.start()
    try:
        yield Served(server.port, [site.name for site in sites])
    finally:
        street.stopping.set()
        server.shutdown()
        thread.join()
        server.server_close()
        street.cut()


class _Street:
    """The sites by name, and the open connections: a client may keep one for ever."""

    def __init__(self, sites: Mapping[str, Site]) -> None:
        self.stopping = threading.Event()
        self._sites = sites
        self._lock = threading.Lock()
        self._open: dict[socket.socket, threading.Thread] = {}

    def answer(self, environ: dict[str, Any]) -> Response:
        """Answer a request at the site that its first path segment names."""
        site = self._sites.get(shift_path_info(environ) or "")
        request = Request(environ)
        request.get_data()  # a body left unread would be taken for the next request
        if site is None:
            return Response("There is no such site here.\n", status=404)
        return site.handle(request)

    def handler(self) -> type[WSGIRequestHandler]:
        """Return the class that serves one connection.

        Werkzeug's own closes each connection after one answer; every body is read here, so
        the next request is where it should be.
        """
        street = self

        class Handler(WSGIRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # or each answer waits 40 ms for the client's ACK

            def setup(self) -> None:
                super().setup()
                with street._lock:
                    street._open[self.connection] = threading.current_thread()

            def finish(self) -> None:
                with contextlib.suppress(OSError):
                    super().finish()
                with street._lock:
                    street._open.pop(self.connection, None)

            def run_wsgi(self) -> None:
                environ = self.make_environ()
                try:
                    response = street.answer(environ)
                except NoAnswer as silence:
                    street.stopping.wait(silence.after_s)
                    self.close_connection = True
                    return
                self.send_response_only(response.status_code)
                response.headers.setdefault("Date", http_date())
                for name, value in response.get_wsgi_headers(environ):
                    self.send_header(name, value)
                body = b"" if self.command == "HEAD" else response.get_data()
                with contextlib.suppress(ConnectionError):  # the client did not wait for it
                    self.end_headers()
                    self.wfile.write(body)

        return Handler

    def cut(self) -> None:
        """Close what clients keep open."""
        with self._lock:
            left = dict(self._open)
        for line, thread in left.items():
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=2)


def _no_application(environ: object, start_response: object) -> list[bytes]:
    raise NotImplementedError("each connection is answered by its handler")
