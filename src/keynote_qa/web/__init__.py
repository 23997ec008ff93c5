"""The page: a conversation beside the talk's transcript, served from this machine alone.

Gradio takes seconds to import, so nothing here imports it before `serve` is called.
"""

from __future__ import annotations

from keynote_qa.web.proxy import ServeError
from keynote_qa.web.server import serve

__all__ = ["ServeError", "serve"]
