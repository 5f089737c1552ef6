"""Modified Kneser-Ney models by definition, and KenLM's scores of an ARPA file: packages/data/test/golden/kneser-ney.json.

Pinned: Python 3.11, kenlm 0.3.0 (built from its source). The models are computed by direct recursion over dictionaries from Chen and Goodman 1998 and
Heafield et al. 2013, with nothing of the TypeScript code's data structures. Sentences are drawn from a small grammar (random seed 5), so
that most counts of counts exist; elsewhere KenLM's fallback discounts 0.5, 1 and 1.5 stand. Tolerance: 1e-6 on log10 probabilities (float32 storage), 2e-5 on KenLM's sums.

Run: python tools/goldens/kneser_ney.py
"""

import collections
import json
import math
import pathlib
import random
import tempfile

import kenlm

random.seed(5)
FALLBACK = [0, 0.5, 1, 1.5]
NOUNS = [f"noun{i}" for i in range(200)]
VERBS = [f"verb{i}" for i in range(120)]
EXTRAS = ["the", "a", "very", "old", "new", "river", "ë", "日本", "and", "not"]


def draw(words):
    return words[min(int(random.expovariate(8.0 / len(words))), len(words) - 1)]


def sentence():
    words = []
    for _ in range(random.randint(1, 3)):
        words += [draw(EXTRAS), draw(NOUNS), draw(VERBS)][: random.randint(1, 3)]
    return words


SENTENCES = [sentence() for _ in range(400)]
TESTS = [sentence() for _ in range(20)] + [[], ["unseen"], ["the", "unseen", "noun1"], ["</s>", "<s>"], ["noun29"] * 6]


def model(order):
    raw = collections.Counter()
    for words in SENTENCES:
        tokens = ["<s>", *words, "</s>"]
        for n in range(1, order + 1):
            for start in range(len(tokens) - n + 1):
                raw[tuple(tokens[start : start + n])] += 1
    adjusted = {}
    for gram, count in raw.items():
        if len(gram) == order or (gram[0] == "<s>" and len(gram) > 1):
            adjusted[gram] = count
        elif gram != ("<s>",):
            adjusted[gram] = len({longer[0] for longer in raw if len(longer) == len(gram) + 1 and longer[1:] == gram})
    vocabulary = {word for words in SENTENCES for word in words} | {"</s>", "<unk>"}
    discounts = {}
    for n in range(1, order + 1):
        t = collections.Counter(count for gram, count in adjusted.items() if len(gram) == n)
        discounts[n] = FALLBACK
        if all(t[k] for k in (1, 2, 3)):
            y = t[1] / (t[1] + 2 * t[2])
            estimated = [0] + [k - (k + 1) * y * t[k + 1] / t[k] for k in (1, 2, 3)]
            if all(0 <= discount <= k for k, discount in enumerate(estimated)):
                discounts[n] = estimated
    by_context = collections.defaultdict(dict)
    for gram, count in adjusted.items():
        by_context[gram[:-1]][gram[-1]] = count

    def probability(word, context):
        n = len(context) + 1
        counts = by_context.get(context)
        lower = (lambda: 1 / len(vocabulary)) if n == 1 else (lambda: probability(word, context[1:]))
        if not counts:
            return lower()
        total = sum(counts.values())
        discount = discounts[n]
        left = sum(discount[min(3, count)] for count in counts.values()) / total
        count = counts.get(word, 0)
        return (count - discount[min(3, count)] if count else 0) / total + left * lower()

    def score(words):
        tokens = ["<s>"] + [word if word in vocabulary - {"</s>", "<unk>"} else "<unk>" for word in words] + ["</s>"]
        return [math.log10(probability(tokens[i], tuple(tokens[max(0, i - order + 1) : i]))) for i in range(1, len(tokens))]

    sums = [sum(probability(word, context) for word in vocabulary) for context in list(by_context)[:50]]
    assert all(abs(total - 1) < 1e-9 for total in sums), "probabilities must sum to one"
    return {"order": order, "discounts": list(discounts.values()), "numNGrams": [len(vocabulary) + 1] + [sum(len(g) == n for g in adjusted) for n in range(2, order + 1)], "scores": [score(words) for words in TESTS]}


ARPA = """\\data\\
ngram 1=6
ngram 2=4
ngram 3=2

\\1-grams:
-1.2\t<unk>\t0
-99\t<s>\t-0.3
-0.9\t</s>\t0
-0.7\ta\t-0.25
-0.8\tb\t-0.5
-1.1\tç\t-0.125

\\2-grams:
-0.4\t<s> a\t-0.2
-0.3\ta b\t-0.1
-0.6\tb ç
-0.2\tç </s>\t0

\\3-grams:
-0.05\t<s> a b
-0.15\ta b ç

\\end\\
"""
ARPA_TESTS = [["a", "b", "ç"], ["a"], ["b", "a", "b", "ç", "ç"], ["zzz", "a"], [], ["a", "b", "zzz", "b", "ç"]]
with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder, "small.arpa")
    path.write_text(ARPA, encoding="utf8")
    loaded = kenlm.Model(str(path))
    arpa_scores = [[[p, n, oov] for p, n, oov in loaded.full_scores(" ".join(words))] for words in ARPA_TESTS]

golden = {"sentences": SENTENCES, "tests": TESTS, "models": [model(order) for order in (2, 3, 5)], "arpa": ARPA, "arpaTests": ARPA_TESTS, "arpaScores": arpa_scores}
path = pathlib.Path(__file__).parents[2] / "packages/data/test/golden/kneser-ney.json"
path.write_text(json.dumps(golden, ensure_ascii=False) + "\n", encoding="utf8")
print(path, [m["discounts"] for m in golden["models"]], arpa_scores[:2])
