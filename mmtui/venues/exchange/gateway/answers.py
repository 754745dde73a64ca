"""What goes back to a client: status, body, and the plain texts of refused requests.

Owns the venue's HTTP behaviour. A refused request carries plain text or ``null``, never an object of
another shape: clients read objects as venue errors. Source: hyperliquid-protocol.md 1.1, 6.1.
"""

from http import HTTPStatus

import msgspec

encode = msgspec.json.Encoder().encode


class Answer(msgspec.Struct, frozen=True, gc=False):
    """An HTTP answer; ``is_json`` decides its content type."""

    body: bytes
    status: int = 200
    is_json: bool = True

    @property
    def error_text(self) -> str:
        """What a WebSocket post shows of a refused request: status, phrase and text."""
        text = self.body.decode() if not self.is_json else ""
        phrase = f"{self.status} {HTTPStatus(self.status).phrase}"
        return f"{phrase}: {text}" if text else phrase


NOT_JSON = Answer(b"Failed to parse the request body as JSON", 400, is_json=False)
NOT_JSON_TYPE = Answer(b"Expected request with `Content-Type: application/json`", 415, is_json=False)
NOT_IN_SCHEMA = Answer(b"Failed to deserialize the JSON body into the target type", 422, is_json=False)
TOO_MANY = Answer(b"null", 429)
FAILED = Answer(b"null", 500)


def refused(text: str) -> Answer:
    """A whole action refused."""
    return Answer(encode({"status": "err", "response": text}))


def accepted(response: object) -> Answer:
    """An action taken."""
    return Answer(encode({"status": "ok", "response": response}))
