"""Verdicts and texts of datatrove's C4, URL and bad-word filters and its PII formatter: packages/data/test/golden/datatrove-filters.json.

Pinned: Python 3.11, datatrove 0.10.1, tldextract 5.4.0 with its bundled list, pyahocorasick 2.3.1. Texts and addresses were written for
this file. Sentences are split by one regular expression on both sides, in place of spaCy's model. Tolerance: none, everything is equal.

Run: python tools/goldens/datatrove_filters.py
"""

import itertools
import json
import pathlib
import re
import tempfile

import datatrove.pipeline.filters.c4_filters as c4
from datatrove.data import Document
from datatrove.pipeline.filters.c4_filters import C4BadWordsFilter, C4ParagraphFilter, C4QualityFilter
from datatrove.pipeline.filters.url_filter import URLFilter
from datatrove.pipeline.formatters.pii import PIIFormatter
from tldextract import TLDExtract

c4.split_into_sentences = lambda text, language: [part for part in re.split(r"(?<=[.!?])\s+", text) if part]

LINES = [
    "The river was high after three days of rain.",
    "Nobody had seen the bridge under water before! Some said that it would fall.",
    "  A line with white space around it, and a mark at its end?  ",
    "no mark at the end of this one",
    "Read more",
    "Two words.",
    "Please enable Javascript to read this page.",
    "This site uses cookies to make your visit better.",
    "See our Privacy Policy and Terms of Use.",
    "The town[1] lies in the north [edit] of the island.[23]",
    "And so on and so forth...",
    'She said: "We leave at dawn."',
    "They asked 'is it far?'",
    "Lorem ipsum dolor sit amet is not a text.",
    "function run() { return 1; }.",
    "x" * 1001 + " is one long word here.",
    "İstanbul'da hava güzel. Şehir büyük.",
    "一个句子在这里结束。",
    "\u001cA line with a separator at its start is a line.",
    "Numbers [12] and [] and [a] and [٣] stay or go.",
    "",
    "   ",
    "Last line of all, without much to say. It ends here. Really. Yes.",
]
DOCUMENTS = (
    ["\n".join(LINES[start : start + length]) for length in (1, 3, 6, 9) for start in range(len(LINES))]
    + ["\r\n".join(LINES[:6]), "\u2028".join(LINES[:6]), "\n\n".join([LINES[0], LINES[1], LINES[22]]), "", "\n"]
    + [("a" * a + "\n" + "𐐷" * b + "\n\n" + "c" * c) for a, b, c in itertools.product((199, 200), repeat=3)]
    + ["\n".join(["word " * 40] * n) for n in (1, 2, 3, 4)]
)

QUALITY_OPTIONS = [
    {},
    {"min_num_sentences": -1},
    {"filter_no_terminal_punct": False, "min_num_sentences": 2},
    {"remove_citations": False, "min_words_per_line": -1, "max_word_length": -1, "filter_lorem_ipsum": False, "filter_javascript": False,
     "filter_curly_bracket": False, "filter_policy": False, "min_num_sentences": -1},
]

URL_OPTIONS = {
    "extra_domains": ["bad.com", "shop.good.org", "bad.co.uk", "127.0.0.1"],
    "extra_urls": ["https://good.org/that-page"],
    "banned_words": ["Casino", "xx-x"],
    "banned_subwords": ["free-money", "slots"],
    "soft_banned_words": ["cheap", "deal", "bonus"],
}
URLS = [
    "https://good.org/", "https://bad.com/", "http://www.bad.com/page?x=1", "bad.com/page", "https://notbad.com/", "https://bad.com.au/",
    "https://shop.good.org/", "https://www.shop.good.org/", "https://good.org/shop", "https://a.bad.co.uk/x", "https://bad.uk/",
    "https://good.org/that-page", "https://good.org/that-page/", "https://good.org/casino/", "https://good.org/Casino", "https://casino.org/a",
    "https://casinos.org/a", "https://good.org/xxx", "https://good.org/xx-x", "https://good.org/free_money", "https://freemoney.org/",
    "https://good.org/slo-ts", "https://good.org/cheap", "https://good.org/cheap-deal", "https://cheap.org/bonus?deal=1", "https://good.org/cheap/cheap",
    "http://127.0.0.1/x", "https://user:word@bad.com:8080/x", "ftp://bad.com/file", "https://bad.com./x", "//bad.com/x",
    "https://good.org/#casino", "https://good.org/ünï-casino", "https://xn--bad-dma.com/", "localhost", "https://github.io/bad.com",
]

BAD_WORDS = {"en": ["darn", "son of a gun", "2bad", "f-word", "☠ out", "sm"], "ja": ["だめ", "sm", "グロ"]}
BAD_TEXTS = [
    ("en", "Well, darn it."), ("en", "darn"), ("en", "Darning socks."), ("en", "a-darn-thing"), ("en", "He is a SON OF A GUN!"), ("en", "son of a gunner"),
    ("en", "parson of a gun"), ("en", "too 2bad"), ("en", "22bad"), ("en", "the f-word"), ("en", "f-words"), ("en", "☠ out"), ("en", "x☠ out"), ("en", "x ☠ outer"),
    ("en", "sm"), ("en", "under_darn"), ("en", "darn_it"), ("en", "darn\u0301"), ("en", "DARN’s"), ("en", "clean text"), ("en", "son of a darn"), ("en", ""),
    ("ja", "それはだめです"), ("ja", "グロとsm"), ("ja", "よい"),
]

PII_TEXTS = [
    "Write to anna.b@mail.example.net, or to b+c@x.org.", "a@b", "a@b.c", "Mail:me@work.co.uk!", "жabc@x.com and (abc@x.com)", "x@[192.168.0.1]", "..a@b.com a..b@c.com",
    "One@two.com two@three.com three@four.com", "Server 8.8.8.8 and 192.168.1.1 and 127.0.0.1.", "1.2.3.4.5 and 01.2.3.4", "999.1.1.1 and 100.64.0.1, 172.32.0.1 172.31.0.1",
    "224.0.0.1 240.0.0.1 255.255.255.255 0.1.2.3 203.0.113.9 198.51.100.1 198.18.0.1 192.0.2.1 169.254.1.1 192.0.0.1 192.0.0.9 192.0.1.1",
    "1.1.1.1 2.2.2.2 3.3.3.3 4.4.4.4 5.5.5.5 6.6.6.6 7.7.7.7 8.8.8.8", "v1.2.3.45", "no person here", "a_b-c@d-e.f-g.hi", "@handle and name@", "x@y.z@q.com", "ä@b.com",
]


def verdict(filter_, text, **metadata):
    document = Document(text=text, id="x", metadata=metadata)
    result = filter_.filter(document)
    reason = "keep" if result is True else result[1] if isinstance(result, tuple) else "drop"
    return [reason, document.text if reason == "keep" else ""]


quality = []
for options in QUALITY_OPTIONS:
    filter_ = C4QualityFilter(**options)
    quality.append({"options": options, "verdicts": [verdict(filter_, text) for text in DOCUMENTS]})
paragraph = [verdict(C4ParagraphFilter(), text)[0] for text in DOCUMENTS]

url_filter = URLFilter(use_integrated_lists=False, **URL_OPTIONS)
url_filter.tldextractor = TLDExtract(suffix_list_urls=())
urls = [verdict(url_filter, "x", url=url)[0] for url in URLS]

with tempfile.TemporaryDirectory() as folder:
    for language, words in BAD_WORDS.items():
        pathlib.Path(folder, language).write_text("\n".join(words), encoding="utf8")
    c4.cached_asset_path_or_download = lambda url, **_: str(pathlib.Path(folder, url.rsplit("/", 1)[1]))
    bad_words = [verdict(C4BadWordsFilter(), text, language=language)[0] for language, text in BAD_TEXTS]

golden = {
    "documents": DOCUMENTS, "c4_quality": quality, "c4_paragraph": paragraph, "url_options": URL_OPTIONS, "urls": list(zip(URLS, urls)),
    "bad_word_lists": BAD_WORDS, "bad_words": [[language, text, reason] for (language, text), reason in zip(BAD_TEXTS, bad_words)],
    "pii": [[text, PIIFormatter().format(text)] for text in PII_TEXTS],
}
path = pathlib.Path(__file__).parents[2] / "packages/data/test/golden/datatrove-filters.json"
path.write_text(json.dumps(golden, ensure_ascii=False) + "\n", encoding="utf8")
print(path, len(DOCUMENTS) * (len(QUALITY_OPTIONS) + 1) + len(URLS) + len(BAD_TEXTS) + len(PII_TEXTS), "verdicts")
