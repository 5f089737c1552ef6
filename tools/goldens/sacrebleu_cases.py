"""Small scoring cases in the scripts of 25 languages, scored by sacrebleu: packages/eval/test/golden/sacrebleu-cases.json.

Pinned: Python 3.11, sacrebleu 2.6.0 (regex for the intl tokenizer). Seed: none, every hypothesis is made by formula from the
sentences below, which were written for this file. Tolerance: statistics and lengths equal, scores within 1e-12 relative, because
exp and log may differ in their last bit between C libraries; the printed score is equal.

Run: python tools/goldens/sacrebleu_cases.py
"""

import json
import pathlib

import sacrebleu
from sacrebleu.metrics import BLEU, CHRF, TER

assert sacrebleu.__version__ == "2.6.0", sacrebleu.__version__

SENTENCES = {
    "eng_Latn": ["The boat leaves at 7.30, so don't be late!", "She paid $1,250.75 for the \"old\" clock (a gift).", "Rain fell all night; the river rose by 3-4 metres.", "Who owns the dog's red ball?", "A cat sat on the mat and the cat slept on the mat."],
    "deu_Latn": ["Das Boot fährt um 7.30 Uhr ab, also komm nicht zu spät!", "Sie zahlte 1.250,75 € für die „alte“ Uhr.", "Es regnete die ganze Nacht; der Fluss stieg um 3-4 Meter.", "Wem gehört der rote Ball?", "Straßenbahn und Fußgänger teilen sich die Brücke."],
    "fra_Latn": ["Le bateau part à 7 h 30, ne sois pas en retard !", "Elle a payé 1 250,75 € pour la vieille horloge.", "Il a plu toute la nuit ; l'eau est montée de 3 à 4 mètres.", "À qui est le ballon rouge ?", "L'été, l'école est fermée et l'enfant joue."],
    "spa_Latn": ["¡El barco sale a las 7.30, no llegues tarde!", "Pagó 1.250,75 $ por el «viejo» reloj.", "Llovió toda la noche; el río subió 3 metros.", "¿De quién es la pelota roja?", "El niño come y el niño duerme en la casa."],
    "tur_Latn": ["Gemi 7.30'da kalkıyor, geç kalma!", "İstanbul'da eski saate 1.250,75 lira ödedi.", "Bütün gece yağmur yağdı; ırmak 3-4 metre yükseldi.", "Kırmızı top kimin?", "Işık söndü ve şehir karanlıkta kaldı."],
    "vie_Latn": ["Thuyền rời bến lúc 7 giờ 30, đừng đến muộn!", "Cô ấy trả 1.250 đồng cho chiếc đồng hồ cũ.", "Mưa rơi suốt đêm; nước sông dâng 3-4 mét.", "Quả bóng đỏ này của ai?", "Con mèo ngủ trên chiếu và con chó ngủ ngoài sân."],
    "ces_Latn": ["Loď odplouvá v 7.30, tak se neopozdi!", "Za „staré“ hodiny zaplatila 1 250,75 Kč.", "Celou noc pršelo; řeka stoupla o 3-4 metry.", "Čí je ten červený míč?", "Kočka spala na rohoži a pes hlídal dům."],
    "hun_Latn": ["A hajó 7.30-kor indul, ne késs el!", "Az öreg óráért 1250,75 forintot fizetett.", "Egész éjjel esett; a folyó 3-4 métert áradt.", "Kié a piros labda?", "Őszi szél fújta a sárga leveleket az úton."],
    "aze_Latn": ["Gəmi saat 7.30-da yola düşür, gecikmə!", "Köhnə saat üçün 1250,75 manat ödədi.", "Bütün gecə yağış yağdı; çay 3-4 metr qalxdı.", "Qırmızı top kimindir?", "Uşaqlar bağçada oynayır, quşlar oxuyur."],
    "ell_Grek": ["Το πλοίο φεύγει στις 7.30, μην αργήσεις!", "Πλήρωσε 1.250,75 € για το «παλιό» ρολόι.", "Έβρεχε όλη τη νύχτα· το ποτάμι ανέβηκε 3-4 μέτρα.", "Τίνος είναι η κόκκινη μπάλα;", "ΟΔΟΣ και ΝΟΜΟΣ γράφονται με κεφαλαία."],
    "rus_Cyrl": ["Лодка отходит в 7.30, не опаздывай!", "Она заплатила 1250,75 руб. за «старые» часы.", "Дождь шёл всю ночь; река поднялась на 3–4 метра.", "Чей это красный мяч?", "Кот спал на коврике, и пёс спал у двери."],
    "ukr_Cyrl": ["Човен відпливає о 7.30, не запізнюйся!", "Вона заплатила 1250,75 грн за «старий» годинник.", "Дощ ішов усю ніч; ріка піднялася на 3–4 метри.", "Чий це червоний м'яч?", "Її сім'я живе в місті, а дід живе в селі."],
    "kaz_Cyrl": ["Қайық 7.30-да кетеді, кешікпе!", "Ол ескі сағатқа 1250,75 теңге төледі.", "Түні бойы жаңбыр жауды; өзен 3-4 метрге көтерілді.", "Қызыл доп кімдікі?", "Балалар аулада ойнап жүр, құстар ән салады."],
    "heb_Hebr": ["הסירה יוצאת ב-7.30, אל תאחר!", "היא שילמה 1,250.75 ש\"ח על השעון הישן.", "ירד גשם כל הלילה; הנהר עלה 3-4 מטרים.", "של מי הכדור האדום?", "החתול ישן על השטיח והכלב ישן בחוץ."],
    "arb_Arab": ["يغادر القارب في الساعة 7.30، لا تتأخر!", "دفعت ١٢٥٠٫٧٥ دينارًا ثمن الساعة القديمة.", "هطل المطر طوال الليل؛ وارتفع النهر 3-4 أمتار.", "لمن الكرة الحمراء؟", "نامت القطة على الحصير ونام الكلب في الخارج."],
    "urd_Arab": ["کشتی ساڑھے سات بجے روانہ ہوتی ہے، دیر نہ کرنا!", "اس نے پرانی گھڑی کے لیے 1,250 روپے دیے۔", "ساری رات بارش ہوئی؛ دریا 3-4 میٹر چڑھ گیا۔", "یہ سرخ گیند کس کی ہے؟", "بلی چٹائی پر سوئی اور کتا باہر سویا۔"],
    "hin_Deva": ["नाव 7.30 बजे चलती है, देर मत करना!", "उसने पुरानी घड़ी के लिए ₹1,250.75 दिए।", "पूरी रात बारिश हुई; नदी 3-4 मीटर बढ़ गई।", "लाल गेंद किसकी है?", "बिल्ली चटाई पर सोई और कुत्ता बाहर सोया।"],
    "npi_Deva": ["डुङ्गा ७.३० बजे छुट्छ, ढिलो नगर!", "उनले पुरानो घडीको रु. १,२५० तिरिन्।", "रातभर पानी पर्‍यो; खोला ३-४ मिटर बढ्यो।", "रातो बल कसको हो?", "बिरालो गुन्द्रीमा सुत्यो र कुकुर बाहिर सुत्यो।"],
    "ben_Beng": ["নৌকা ৭.৩০-এ ছাড়ে, দেরি কোরো না!", "সে পুরোনো ঘড়ির জন্য ১,২৫০ টাকা দিল।", "সারা রাত বৃষ্টি হলো; নদী ৩-৪ মিটার বাড়ল।", "লাল বলটি কার?", "বিড়াল মাদুরে ঘুমাল আর কুকুর বাইরে ঘুমাল।"],
    "tha_Thai": ["เรือออกเวลา 7.30 น. อย่ามาสาย!", "เธอจ่าย 1,250.75 บาทเพื่อนาฬิกาเก่า", "ฝนตกทั้งคืน แม่น้ำสูงขึ้น 3-4 เมตร", "ลูกบอลสีแดงเป็นของใคร?", "แมวนอนบนเสื่อ และหมานอนข้างนอก"],
    "kor_Hang": ["배는 7시 30분에 떠나니 늦지 마세요!", "그녀는 낡은 시계에 1,250.75원을 냈다.", "밤새 비가 내려 강이 3-4미터 불어났다.", "빨간 공은 누구의 것입니까?", "고양이는 돗자리에서 자고 개는 밖에서 잤다."],
    "jpn_Jpan": ["船は7時30分に出ます。遅れないで！", "彼女は「古い」時計に1,250円払った。", "一晩中雨が降り、川は3-4メートル上がった。", "赤いボールは誰のものですか？", "ネコはマットの上で寝て、犬は外で寝た。"],
    "zho_Hans": ["船七点三十分开，别迟到！", "她花了1,250.75元买那个“旧”钟。", "下了一整夜的雨；河水涨了3-4米。", "红球是谁的？", "猫睡在垫子上，ABC公司的狗睡在外面。"],
    "amh_Ethi": ["ጀልባው በ7.30 ይነሳል፣ አትዘግይ!", "ለአሮጌው ሰዓት 1,250.75 ብር ከፈለች።", "ሌሊቱን ሙሉ ዘነበ፤ ወንዙ 3-4 ሜትር ከፍ አለ።", "ቀዩ ኳስ የማን ነው?", "ድመቷ ምንጣፍ ላይ ተኛች፣ ውሻውም ውጭ ተኛ።"],
    "kat_Geor": ["ნავი 7.30-ზე გადის, არ დააგვიანო!", "მან ძველ საათში 1250,75 ლარი გადაიხადა.", "მთელი ღამე წვიმდა; მდინარემ 3-4 მეტრით აიწია.", "ვისია წითელი ბურთი?", "კატას ხალიჩაზე ეძინა, ძაღლს კი გარეთ."],
}

EDGES = [
    ["AT&amp;T said &quot;no&quot; &lt;b&gt;", "AT&T said \"no\" <b>"],
    ["end-of-\nline and\nnew line", "end-ofline and new line"],
    ["<skipped> text here now", "text here now"],
    ["one\u0085two\u001cthree\ufefffour five", "one two three four five"],
    ["\u00a0\u2003padded\u3000text\u00a0", "padded text"],
    ["emoji 👩‍👩‍👧 and 🇳🇵 flags 😀.", "emoji 👩‍👩‍👧 and 🇳🇪 flags 😀!"],
    ["1.5.2,3-4 v2.0-rc.1,000.", "1.5.2,3-4 v2.0-rc.1,000"],
    ["𠀀𠀁 ideographs‖※ ≠ ①② ★", "𠀀𠀂 ideographs‖※ = ①③ ★"],
    ["İSTANBUL ΟΔΟΣ ǅ straße", "istanbul οδος ǆ strasse"],
    ["e\u0301te\u0301 n\u0303o", "été ño"],
    ["a", "a"], ["a b", "a b c"], ["", "something"], [".", "."], ["(hi) \"there\"", "(hi) 'there'"],
    ["ｆｕｌｌ　ｗｉｄｔｈ，ｔｅｘｔ！", "full width, text!"], ["カタカナ", "ひらがな"], ["ひらがな", "ひらがな"],
    ["a b c d e f g h i j", "h i j d e f g a b c"], ["x x x x y y", "y x y x y x"],
    ["の拳銃を持つ㍿⺀㆒㈱", "の拳銃を持つ㍿⺁㆒㈲"], ["Jim's car's", "Jim 's cars"],
]


def mutate(sentence: str, step: int) -> str:
    """A worse text by formula: moves, drops, doubles and swaps; character-wise where there are few spaces."""
    spaced = " " in sentence.strip() and len(sentence.split()) > 3
    units = sentence.split(" ") if spaced else list(sentence)
    glue = " " if spaced else ""
    n = len(units)
    if step == 0:
        return sentence
    if step == 1:
        del units[(n * 2) // 3]
    elif step == 2:
        units = units[n // 2:] + units[: n // 2]
    elif step == 3:
        units[1], units[n - 2] = units[n - 2], units[1]
        units.insert(n // 2, units[0])
    elif step == 4:
        units = units[: max(1, n // 2)]
    elif step == 5:
        units = [u.upper() if i % 2 else u for i, u in enumerate(units)] + units[:2]
    return glue.join(units)


def bleu_expected(metric, hyps, refs):
    s = metric.corpus_score(hyps, refs)
    return {"score": s.score, "counts": s.counts, "totals": s.totals, "precisions": s.precisions, "bp": s.bp,
            "sysLen": s.sys_len, "refLen": s.ref_len, "line": s.format(signature=str(metric.get_signature()))}


CONFIGS = [
    ("bleu", {}, {}),
    ("bleu", {"tokenize": "none", "lowercase": True}, {"tokenize": "none", "lowercase": True}),
    ("bleu", {"tokenize": "intl", "smooth_method": "floor"}, {"tokenize": "intl", "smoothMethod": "floor"}),
    ("bleu", {"tokenize": "char", "smooth_method": "none"}, {"tokenize": "char", "smoothMethod": "none"}),
    ("bleu", {"tokenize": "zh", "smooth_method": "add-k", "smooth_value": 2}, {"tokenize": "zh", "smoothMethod": "add-k", "smoothValue": 2}),
    ("bleu", {"max_ngram_order": 2, "effective_order": True}, {"maxNgramOrder": 2, "effectiveOrder": True}),
    ("chrf", {}, {}),
    ("chrf", {"word_order": 2}, {"wordOrder": 2}),
    ("chrf", {"eps_smoothing": True, "beta": 3, "word_order": 1}, {"epsSmoothing": True, "beta": 3, "wordOrder": 1}),
    ("chrf", {"whitespace": True, "lowercase": True, "char_order": 4}, {"whitespace": True, "lowercase": True, "charOrder": 4}),
    ("ter", {}, {}),
    ("ter", {"normalized": True, "asian_support": True}, {"normalized": True, "asianSupport": True}),
    ("ter", {"no_punct": True, "asian_support": True, "case_sensitive": True}, {"noPunct": True, "asianSupport": True, "caseSensitive": True}),
    ("ter", {"normalized": True, "no_punct": True}, {"normalized": True, "noPunct": True}),
]
CLASSES = {"bleu": BLEU, "chrf": CHRF, "ter": TER}


def expected(kind, options, hyps, refs):
    metric = CLASSES[kind](**options)
    if kind == "bleu":
        return bleu_expected(metric, hyps, refs)
    score = metric.corpus_score(hyps, refs)
    result = {"score": score.score, "line": score.format(signature=str(metric.get_signature()))}
    if kind == "ter":
        result.update(numEdits=score.num_edits, refLength=score.ref_length)
    return result


def sentence_scores(hyps, refs):
    segments = list(zip(*refs))
    keep = [[r for r in segment if r is not None] for segment in segments]
    return {
        "bleu": [sacrebleu.sentence_bleu(h, r).score for h, r in zip(hyps, keep)],
        "bleuFloor": [sacrebleu.sentence_bleu(h, r, smooth_method="floor", use_effective_order=False).score for h, r in zip(hyps, keep)],
        "chrf": [sacrebleu.sentence_chrf(h, r).score for h, r in zip(hyps, keep)],
        "chrf++": [sacrebleu.sentence_chrf(h, r, word_order=2).score for h, r in zip(hyps, keep)],
        "ter": [sacrebleu.sentence_ter(h, r).score for h, r in zip(hyps, keep)],
    }


corpora = []
for index, (language, lines) in enumerate(SENTENCES.items()):
    hyps = [mutate(line, (index + i) % 6) for i, line in enumerate(lines)]
    second = [mutate(line, (index + i + 3) % 6) for i, line in enumerate(lines)]
    refs = [lines]
    if index % 3 == 1:
        refs = [lines, second]
    if index % 3 == 2:
        refs = [lines, [None if i == 2 else line for i, line in enumerate(second)]]
    corpora.append({"language": language, "hypotheses": hyps, "references": refs})
for language, lines in [("edges", EDGES), ("edges-reversed", [[b, a] for a, b in EDGES])]:
    corpora.append({"language": language, "hypotheses": [a for a, _ in lines], "references": [[b for _, b in lines]]})
# Long segments reach the limits of TER: the beam, the shift distance and the number of candidates.
words = [f"w{(i * i) % 23}" for i in range(140)]
corpora.append({
    "language": "long", "references": [[" ".join(words), " ".join(words[:20]), "a b"]],
    "hypotheses": [" ".join(words[60:] + words[:60]), " ".join(words), " ".join(f"u{i % 7}" for i in range(120))],
})

cases = 0
for corpus in corpora:
    corpus["cases"] = []
    for kind, options, ours in CONFIGS:
        result = expected(kind, options, corpus["hypotheses"], corpus["references"])
        corpus["cases"].append({"metric": kind, "options": ours, "expected": result})
        cases += 1
    corpus["sentences"] = sentence_scores(corpus["hypotheses"], corpus["references"])

path = pathlib.Path(__file__).parents[2] / "packages/eval/test/golden/sacrebleu-cases.json"
path.parent.mkdir(parents=True, exist_ok=True)
path.write_text(json.dumps({"sacrebleu": sacrebleu.__version__, "corpora": corpora}, ensure_ascii=False, separators=(",", ":")) + "\n")
print(f"{cases} corpus cases, {len(SENTENCES)} languages, {path.stat().st_size} bytes")
