"""Set pages in type: HTML to PDF, in a process of its own that reaches no file and no address.

One JSON object a line comes in, ``{"html": text, "out": path}``, and one goes out: ``{"pages": n}`` or ``{"fault":
text}``; the first line out is ``{"ready": version}`` or ``{"missing": text}``. WeasyPrint embeds the part of a font
that a page uses, Chinese too.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

MISSING = ""
try:
    import weasyprint
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher
except (ImportError, OSError) as fault:  # the system has no Pango
    MISSING = str(fault).splitlines()[0]


def main() -> None:
    """Answer line by line until the input ends."""
    logging.disable(logging.CRITICAL)
    _say({"missing": MISSING} if MISSING else {"ready": weasyprint.__version__})
    if MISSING:
        return
    fonts = FontConfiguration()
    for line in sys.stdin:
        task = json.loads(line)
        try:
            _say({"pages": _set(task["html"], task["out"], fonts)})
        except Exception as fault:
            _say({"fault": f"{type(fault).__name__}: {fault}"})


def _set(html: str, out: str, fonts: Any) -> int:
    document = weasyprint.HTML(string=html, url_fetcher=URLFetcher(allowed_protocols=())).render(font_config=fonts)
    document.write_pdf(out, pdf_tags=True)
    return len(document.pages)


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
