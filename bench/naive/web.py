"""The usual Flask app: verify the webhook, enqueue a job that carries it, answer."""

import base64
import hmac
import os

from flask import Flask, request

from bench.naive.jobs import queue, sale
from workers import web


def create() -> Flask:
    """Return the application; it runs on the same server as ours."""
    web.become_worker()
    app = Flask(__name__, static_folder=None)
    secret = os.environ["NAIVE_SIGNS"].encode()

    @app.post("/webhook")
    def webhook() -> tuple[str, int]:
        body = request.get_data()
        signed = base64.b64encode(hmac.digest(secret, body, "sha256")).decode()
        if not hmac.compare_digest(signed, request.headers.get("X-WC-Webhook-Signature", "")):
            return "", 401
        queue().enqueue(sale, body.decode())
        return "", 200

    @app.get("/healthz")
    def alive() -> str:
        return ""

    return app
