"""Prints precision, recall and F1 of trafilatura on the pages of packages/data/bench/extract-html.ts: all, seen half, held-out half.

Run: zstd -dc $MARCO_TEST_DATA/mono/web_noisy/html/trafilatura_pages.jsonl.zst | python tools/peers/extract_trafilatura.py
Needs trafilatura 2.3.1 with lxml_html_clean.
"""
import base64
import json
import re
import sys

import trafilatura


def flat(text):
    return re.sub(r"\s+", " ", text)


def score(pages):
    found = missed = extra = 0
    for page in pages:
        html = page.get("html") or base64.b64decode(page["html_base64"])
        text = flat(trafilatura.extract(html) or "")
        for segment in page["must_contain"]:
            if flat(segment) in text:
                found += 1
            else:
                missed += 1
        extra += sum(flat(segment) in text for segment in page["must_not_contain"])
    precision, recall = found / (found + extra), found / (found + missed)
    return f"{precision:.3f} {recall:.3f} {2 * precision * recall / (precision + recall):.3f}"


pages = [json.loads(line) for line in sys.stdin if line.strip()]
print(trafilatura.__version__, score(pages), "|", score(pages[0::2]), "|", score(pages[1::2]))
