"""SentencePiece's segmentations by three small models, and sacrebleu's BLEU with one of them as its `spm` tokenizer.

Made with: sentencepiece 0.2.3, sacrebleu 2.6.0.
Run:       python tools/goldens/sentencepiece_models.py packages/eval/test/golden
Tolerance: none: pieces, lengths and printed scores are equal.

The models are trained on the sentences of the first 16 languages of tools/goldens/sacrebleu_cases.py: unigram with the nmt_nfkc table (as the flores200 model has), unigram
with bytes for unknown characters, BPE without a table.
"""

import json
import os
import pathlib
import re
import sys

import sacrebleu
import sentencepiece
from sacrebleu.metrics import BLEU
from sacrebleu.tokenizers.tokenizer_spm import TokenizerSPM

source = (pathlib.Path(__file__).parent / "sacrebleu_cases.py").read_text()
scope = {}
exec(source[source.index("SENTENCES = {") : source.index("\n}\n", source.index("SENTENCES = {")) + 3], scope)
LINES = [line for lines in scope["SENTENCES"].values() for line in lines]
EXTRA = ["", " ", "  two  spaces ", "ﬁne ﬂour ½ ㎏ Ⅷ ｆｕｌｌ　ｗｉｄｔｈ", "tab\tand\u00a0no-break\u200bzero", "😀😃 unknown 😀", "e\u0301 composed é", "ΑΒΓ ß ſ", "한국어 텍스트 ㅎㅏㄴ", "<user> inside<user>", "ﷺ ﷲ", "１２３，４５"]

MODELS = {
    "unigram-nfkc": dict(model_type="unigram", vocab_size=600, normalization_rule_name="nmt_nfkc", character_coverage=0.98, user_defined_symbols=["<user>"]),
    "unigram-bytes": dict(model_type="unigram", vocab_size=900, normalization_rule_name="identity", byte_fallback=True, character_coverage=0.98),
    "bpe": dict(model_type="bpe", vocab_size=800, normalization_rule_name="identity", character_coverage=0.98, remove_extra_whitespaces=False),
}


def main(directory):
    text = "/tmp/sentencepiece-lines.txt"
    pathlib.Path(text).write_text("\n".join(LINES[:80]))
    golden = {"models": {}}
    for name, options in MODELS.items():
        path = os.path.join(directory, f"sentencepiece-{name}.model")
        sentencepiece.SentencePieceTrainer.train(input=text, model_prefix=path[:-6], hard_vocab_limit=False, minloglevel=2, **options)
        os.remove(path[:-6] + ".vocab")
        processor = sentencepiece.SentencePieceProcessor(model_file=path)
        golden["models"][name] = [[line, processor.encode(line, out_type=str)] for line in LINES + EXTRA]

    tokenizer = TokenizerSPM.__new__(TokenizerSPM)
    tokenizer.name = "flores200"
    tokenizer.sp = sentencepiece.SentencePieceProcessor(model_file=os.path.join(directory, "sentencepiece-unigram-nfkc.model"))
    metric = BLEU()
    metric.tokenizer = tokenizer
    golden["bleu"] = []
    for language, lines in scope["SENTENCES"].items():
        hypotheses = [" ".join(line.split()[: -1 or None]) or line for line in lines]
        score = metric.corpus_score(hypotheses, [lines])
        golden["bleu"].append({"language": language, "hypotheses": hypotheses, "references": lines, "score": score.score, "sysLen": score.sys_len, "refLen": score.ref_len, "line": str(score)})
    with open(os.path.join(directory, "sentencepiece.json"), "w") as file:
        json.dump(golden, file, ensure_ascii=False)


if __name__ == "__main__":
    main(sys.argv[1])
