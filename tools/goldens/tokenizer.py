"""Writes packages/tokenizer/test/golden/fixtures/*.json: tokenizers trained by Hugging Face tokenizers on formula text, and what they give.

Each fixture holds a tokenizer.json and cases: text, ids, offsets in UTF-16 units, ids with special tokens taken as text, and the text
decoded again. Texts are made by a seeded generator from many scripts, marks, blanks, control tokens and code points new to Unicode.
Tolerance: none, everything must be equal.

Pinned: tokenizers==0.23.3. Seed 7.
Usage: python tools/goldens/tokenizer.py [--cases N] [--seed S] [--out DIRECTORY]
"""
import argparse
import json
import pathlib
import random

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

assert tokenizers.__version__ == "0.23.3", tokenizers.__version__
ROOT = pathlib.Path(__file__).resolve().parents[2]

QWEN2 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA3 = QWEN2.replace(r"|\p{N}|", r"|\p{N}{1,3}|")
O200K = "|".join([
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"\p{N}{1,3}", r" ?[^\s\p{L}\p{N}]+[\r\n/]*", r"\s*[\r\n]+", r"\s+(?!\S)", r"\s+",
])
DEEPSEEK = [
    r"\p{N}{1,3}",
    "[一-龥぀-ゟ゠-ヿ]+",
    r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+""",
]

SYLLABLES = {
    "latin": "ka mi to re shi lo van der est que tion ing the of and in une les ción ß ñ å ğ ị ở ấ 's 'LL 'Ve 'ſ don't I'M".split(),
    "cyrillic": "по на ре ка ние ств ого ать ї є ў".split(),
    "greek": "και του λό γος ή ώ ς".split(),
    "arabic": "ال من في كت اب هذا ٢٠ ١ ً ِّ لا".split(),
    "hebrew": "של את שָׁ לוֹם וְ".split(),
    "devanagari": "के में है क्ष त्र का ़ क़ १२".split(),
    "bengali": "বাং লা য় ড় ো কে".split(),
    "tamil": "தமி ழ் கொ ௌ மை".split(),
    "thai": "ความ ที่ เป็น น้ำ ก็ ๑๒".split(),
    "khmer": "ខ្មែរ ភា សា ុំ".split(),
    "myanmar": "မြန် မာ ့်".split(),
    "tibetan": "བོད་ སྐད་ ༎".split(),
    "amharic": "ሰላም የኢ ት፡ ፲".split(),
    "georgian": "ქარ თუ ლი".split(),
    "korean": "한국 어 는 \u1112\u1161\u11ab \u1100\u1161 각 \uac00\u11a8".split(),
    "japanese": "これ は カタ か\u3099 日本 語 で す。 ｶﾞ".split(),
    "chinese": "中文 的 是 我们， 龥 㐀 𠀀 丽 \uf900 \U0002f800".split(),
    "digits": "0 1 23 456 7890 ² ½ Ⅷ 𝟘 ੧ 一".split(),
    "marks": "e\u0301 a\u0323\u0307 q\u0307\u0323 \u0301 A\u030a \u1e69 s\u0323\u0307 \u0958 \u2126 \u212b \u0344 \u0f73 \U0001d15e".split(),
    "new": "\U00011935\U00011930 \u0897 a\u1ac1\u0327 \u08d3\u0327 \U000105d2\u0307 \U00016d63\U00016d67 \U0001e4ec \U000323af \U0002ebf0 \ua7cb \u1c89 \U00010d4a".split(),
    "symbols": "! ? ... -- :: () {} [] <> #$% @ & * + = / \\ | ~ ` ^ _ « » „ … — € ™ 🙂 👩‍👩‍👧 🏳️‍🌈 🇮🇹".split(),
    "control": "\ufeff \u200b \u200d \u00ad \u180e \u0000 \u0001 \u001c \u007f \ufffd \uffff \U0010ffff \ue000".split(),
}
BLANKS = [" ", " ", " ", " ", "  ", "   ", "\n", "\n\n", "\r\n", "\t", " \n", "\n ", "\u00a0", "\u0085", "\u3000", "\u2028", "\x0b", "\x1c", " \t\r", "\u1680"]


def random_text(rng, specials):
    parts = []
    scripts = rng.sample(sorted(SYLLABLES), rng.randint(1, 4))
    for _ in range(rng.randint(0, 14)):
        kind = rng.random()
        if kind < 0.05 and specials:
            parts.append(rng.choice(specials))
        elif kind < 0.08:
            parts.append(chr(rng.choice([c for c in (rng.randrange(0x110000) for _ in range(4)) if not 0xD800 <= c <= 0xDFFF] or [65])))
        else:
            parts.extend(rng.choice(SYLLABLES[rng.choice(scripts)]) for _ in range(rng.randint(1, 5)))
        if rng.random() < 0.75:
            parts.append(rng.choice(BLANKS))
        if rng.random() < 0.05:
            parts.append(rng.choice(["a", "=", " ", "\n", "한", "7"]) * rng.randint(2, 160))
    return "".join(parts)


def training_text(rng, count):
    for _ in range(count):
        script = SYLLABLES[rng.choice(sorted(SYLLABLES))]
        yield " ".join("".join(rng.choice(script) for _ in range(rng.randint(1, 3))) for _ in range(20))


def byte_level(**options):
    return pre_tokenizers.ByteLevel(**{"add_prefix_space": False, "use_regex": False, "trim_offsets": False, **options})


def split(pattern, behavior="isolated", invert=False):
    return pre_tokenizers.Split(Regex(pattern), behavior, invert=invert)


def build(name, rng):
    """(tokenizer, special texts to sprinkle)"""
    tok = Tokenizer(models.BPE(ignore_merges=name == "llama3"))
    tok.decoder = decoders.ByteLevel()
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    if name == "qwen2":
        tok.normalizer = normalizers.NFC()
        tok.pre_tokenizer = pre_tokenizers.Sequence([split(QWEN2), byte_level()])
    elif name == "llama3":
        special = ["<|begin_of_text|>", "<|eot_id|>"]
        tok.pre_tokenizer = pre_tokenizers.Sequence([split(LLAMA3), byte_level()])
    elif name == "gpt2":
        tok.pre_tokenizer = byte_level(use_regex=True)
    elif name == "roberta":
        special = ["<s>", "</s>", "<mask>"]
        tok.pre_tokenizer = byte_level(use_regex=True, add_prefix_space=True)
    elif name == "o200k":
        tok.normalizer = normalizers.Sequence([normalizers.NFC()])
        tok.pre_tokenizer = pre_tokenizers.Sequence([split(O200K), byte_level()])
    elif name == "deepseek":
        tok.pre_tokenizer = pre_tokenizers.Sequence([split(p) for p in DEEPSEEK] + [byte_level()])
    elif name == "steps":
        tok.pre_tokenizer = pre_tokenizers.Sequence([
            pre_tokenizers.Digits(individual_digits=True),
            split(r"\d+|[\w&&[^a]]".replace("[\\w&&[^a]]", "-"), "merged_with_previous"),
            split("[(<]", "merged_with_next"),
            split("_", "removed"),
            split(r"[^=]", "contiguous"),
            pre_tokenizers.Split("::", "isolated", invert=True),
            byte_level(add_prefix_space=True, use_regex=True),
        ])
    trainer = trainers.BpeTrainer(vocab_size=420, min_frequency=2, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tok.train_from_iterator(training_text(rng, 300), trainer)
    tok.add_special_tokens(special)
    if name == "llama3":
        tok.post_processor = processors.Sequence([
            processors.ByteLevel(trim_offsets=False),
            processors.TemplateProcessing(single="<|begin_of_text|> $A", pair=None,
                                          special_tokens=[("<|begin_of_text|>", tok.token_to_id("<|begin_of_text|>"))]),
        ])
    if name == "roberta":
        tok.post_processor = processors.RobertaProcessing(("</s>", tok.token_to_id("</s>")), ("<s>", tok.token_to_id("<s>")), trim_offsets=False)
    if name == "o200k":
        tok.add_tokens([
            AddedToken("<tool>", normalized=False),
            AddedToken("<left>", lstrip=True, normalized=False),
            AddedToken("<right>", rstrip=True, normalized=False, special=True),
            AddedToken("word", single_word=True, normalized=False),
            AddedToken("ca\u0301", normalized=True),
            AddedToken("<tool><left>", normalized=False),
        ])
        special += ["<tool>", "<left>", "<right>", "word", "ca\u0301", "c\u00e1", "xword", "word\u0301", " <left> ", "\u0085<right>\u3000", "<tool><left>"]
    return tok, special + [special[0][:-1], special[0][1:]]


def utf16_offsets(text, offsets):
    starts = [0]
    for ch in text:
        starts.append(starts[-1] + (2 if ord(ch) > 0xFFFF else 1))
    return [[starts[a], starts[b]] for a, b in offsets]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=40)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "packages/tokenizer/test/golden/fixtures")
    parser.add_argument("--real", type=pathlib.Path, help="a tokenizer.json to use instead")
    args = parser.parse_args()
    names = ["qwen2", "llama3", "gpt2", "roberta", "o200k", "deepseek", "steps"] if not args.real else ["real"]
    for name in names:
        rng = random.Random(f"{args.seed} {name}")
        if args.real:
            tok, specials = Tokenizer.from_file(str(args.real)), ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
        else:
            tok, specials = build(name, random.Random(f"7 {name}"))
        cases = []
        for _ in range(args.cases):
            text = random_text(rng, specials)
            tok.encode_special_tokens = False
            encoding = tok.encode(text)
            decoded = tok.decode(encoding.ids, skip_special_tokens=False)
            skipped = tok.decode(encoding.ids, skip_special_tokens=True)
            shuffled = encoding.ids[::2]
            tok.encode_special_tokens = True
            case = {
                "text": text, "ids": encoding.ids, "offsets": sum(utf16_offsets(text, encoding.offsets), []),
                "ordinary": tok.encode(text, add_special_tokens=False).ids, "decoded": decoded, "skipped": skipped,
                "half": tok.decode(shuffled, skip_special_tokens=False),
            }
            cases.append({k: v for k, v in case.items() if k not in ("decoded", "skipped") or v != text})
        tok.encode_special_tokens = False
        fixture = {"name": name, "library": "tokenizers 0.23.3", "cases": cases}
        if not args.real:
            fixture["tokenizerJson"] = json.loads(tok.to_str())
        args.out.mkdir(parents=True, exist_ok=True)
        (args.out / f"{name}.json").write_text(json.dumps(fixture, ensure_ascii=True, separators=(",", ":")) + "\n")
        print(name, tok.get_vocab_size(), len(cases))


main()
