"""Writes packages/tokenizer/src/generated/unicode-tables.ts: the character classes and the normalization gaps of Hugging Face tokenizers.

Hugging Face tokenizers splits with Oniguruma and normalizes with its own tables, each of a fixed (and different) Unicode version, so a
JavaScript engine's \\p{L} and String.prototype.normalize disagree with it on newer characters. This script asks the library itself.

Pinned: tokenizers==0.23.3, node 24 (ICU 77, Unicode 16). Usage: python tools/goldens/tokenizer_unicode.py
"""
import json
import pathlib
import subprocess

import tokenizers
from tokenizers import Regex, normalizers, pre_tokenizers

assert tokenizers.__version__ == "0.23.3", tokenizers.__version__
ROOT = pathlib.Path(__file__).resolve().parents[2]
CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
EVERYTHING = "".join(map(chr, CODE_POINTS))


def members(pattern):
    """Code points that the library's regular expression engine puts in a class."""
    found = []
    for _, (start, end) in pre_tokenizers.Split(Regex(pattern), "removed", invert=True).pre_tokenize_str(EVERYTHING):
        found.extend(CODE_POINTS[start:end])
    return found


NODE = r"""
const out = { probes: [], composites: [] };
for (let c = 0; c < 0x110000; c++) {
  if (c >= 0xd800 && c <= 0xdfff) continue;
  const s = String.fromCodePoint(c);
  const probe = [s + '\u0334', '\u0345' + s, s].map((x) => x.normalize('NFC'));
  if (probe[0] !== s + '\u0334' || probe[1] !== '\u0345' + s || probe[2] !== s) out.probes.push([c, ...probe]);
  const d = s.normalize('NFD');
  if (d !== s) out.composites.push([c, d, d.normalize('NFC')]);
}
process.stdout.write(JSON.stringify(out));
"""


def normalization_gaps():
    """Code points that a current engine reorders or composes and the library leaves alone: to it they are unassigned."""
    nfc = normalizers.NFC().normalize_str
    current = json.loads(subprocess.run(["node", "-e", NODE], capture_output=True, check=True).stdout)
    probes = {row[0]: row[1:] for row in current["probes"]}
    gaps = set()
    for c in CODE_POINTS:
        s = chr(c)
        if [nfc(s + "\u0334"), nfc("\u0345" + s), nfc(s)] != probes.get(c, [s + "\u0334", "\u0345" + s, s]):
            gaps.add(c)
    for c, decomposed, composed in current["composites"]:
        if nfc(decomposed) != composed:
            gaps.add(c)
            gaps.update(ord(ch) for ch in decomposed if ord(ch) > 0xFFFF)
    return sorted(gaps)


def encode(points):
    """Alternating gaps and lengths in base 36."""
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"

    def base36(n):
        s = ""
        while True:
            n, r = divmod(n, 36)
            s = digits[r] + s
            if n == 0:
                return s

    parts, position, i = [], 0, 0
    while i < len(points):
        j = i
        while j + 1 < len(points) and points[j + 1] == points[j] + 1:
            j += 1
        parts += [base36(points[i] - position), base36(points[j] + 1 - points[i])]
        position = points[j] + 1
        i = j + 1
    return " ".join(parts)


tables = {
    "LETTERS": ("\\p{L}", members(r"\p{L}")),
    "NUMBERS": ("\\p{N}", members(r"\p{N}")),
    "SPACES": ("\\s", members(r"\s")),
    "UNASSIGNED": ("\\p{Cn}", members(r"\p{Cn}")),
    "NORMALIZATION_GAPS": ("left alone by its NFC", normalization_gaps()),
}
lines = [
    "/** Unicode sets as Hugging Face tokenizers 0.23.3 has them. Written by tools/goldens/tokenizer_unicode.py; alternating gaps and lengths in base 36. */",
]
for name, (what, points) in tables.items():
    lines += [f"/** {what}: {len(points)} code points. */", f"export const {name} =\n  '{encode(points)}';"]
target = ROOT / "packages/tokenizer/src/generated/unicode-tables.ts"
target.parent.mkdir(parents=True, exist_ok=True)
target.write_text("\n".join(lines) + "\n")
print({name: len(points) for name, (_, points) in tables.items()})
