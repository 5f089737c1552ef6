/**
 * Filter thresholds by language: one table, a row per language, with defaults for the rest.
 *
 * Source: FineWeb2 (Penedo et al. 2025, arXiv:2506.20920; configuration files of huggingface/fineweb-2, Apache-2.0), stop words without those
 * that are only marks; for English Gopher's and FineWeb's own numbers. SailCraft (sail-sg/sailcraft, after BigScience's ROOTS) for the second
 * table. What FineWeb2 switches on and off for all languages is in `language-thresholds.ts`.
 * Units: shares 0 to 1; word lengths in code points; words as `splitWords` counts them.
 */

export interface FineWeb2Row {
  readonly languageScore: number;
  readonly duplicateLineFraction: number;
  /** For n = 2, 3, 4. */
  readonly topNGrams: readonly number[];
  /** For n = 5 to 10. */
  readonly duplicateNGrams: readonly number[];
  readonly linePunctuationRatio: number;
  readonly newLineRatio: number;
  readonly averageWordLength: readonly [number, number];
  readonly minAlphabeticWordsRatio: number;
  readonly stopWords: ReadonlySet<string>;
}

const row = (
  languageScore: number,
  duplicateLineFraction: number,
  topNGrams: readonly number[],
  duplicateNGrams: readonly number[],
  linePunctuationRatio: number,
  newLineRatio: number,
  averageWordLength: readonly [number, number],
  minAlphabeticWordsRatio: number,
  stopWords: string,
): FineWeb2Row => ({
  languageScore,
  duplicateLineFraction,
  topNGrams,
  duplicateNGrams,
  linePunctuationRatio,
  newLineRatio,
  averageWordLength,
  minAlphabeticWordsRatio,
  stopWords: new Set(stopWords.split(' ').filter((word) => word !== '')),
});

/** Gopher's and FineWeb's numbers, without stop words: for languages without a row. */
export const FINEWEB2_DEFAULT = row(
  0.65,
  0.3,
  [0.2, 0.18, 0.16],
  [0.15, 0.14, 0.13, 0.12, 0.11, 0.1],
  0.12,
  0.3,
  [2, 20],
  0.7,
  '',
);

/** Language score, repeated lines, top 2-4-grams, repeated 5-10-grams, line punctuation, new lines, word length, alphabetic words, stop words. */
// biome-ignore format: one language, one line
export const FINEWEB2_ROWS: Readonly<Record<string, FineWeb2Row>> = {
  eng_Latn: row(0.65, 0.3, [0.2, 0.18, 0.16], [0.15, 0.14, 0.13, 0.12, 0.11, 0.1], 0.12, 0.3, [3, 10], 0.8, 'the be to of and that have with'),
  arb_Arab: row(0.711, 0.304, [0.197, 0.172, 0.146], [0.165, 0.153, 0.142, 0.131, 0.12, 0.109], 0.143, 0.189, [2, 9], 0.787, 'في من على إلى عام أن مع أو هو عن التي كان بين ما كانت هي المتحدة بعد'),
  deu_Latn: row(0.821, 0.263, [0.169, 0.153, 0.137], [0.141, 0.134, 0.126, 0.117, 0.108, 0.098], 0, 0.152, [0, 15], 0.774, 'der und die in von im den des mit das er dem als wurde für'),
  spa_Latn: row(0.84, 0.252, [0.156, 0.14, 0.125], [0.145, 0.136, 0.127, 0.117, 0.108, 0.099], 0.182, 0.138, [3, 14], 0.825, 'de la en el y a que del los se por un con una las su'),
  fra_Latn: row(0.824, 0.264, [0.161, 0.149, 0.134], [0.15, 0.141, 0.131, 0.121, 0.111, 0.1], 0.1, 0.185, [2, 11], 0.812, 'de la le et à en l\' des du les est d\' un une il dans par au'),
  kor_Hang: row(0.842, 0.374, [0.282, 0.228, 0.185], [0.201, 0.184, 0.168, 0.154, 0.14, 0.127], 0.062, 0.196, [1, 6], 0.791, '의 다 이 는 에 을 한 년 하 은 를 했 고 에서 가 있 으로 인 월 로 되'),
  jpn_Jpan: row(0.886, 0.328, [0.239, 0.196, 0.172], [0.243, 0.225, 0.207, 0.19, 0.175, 0.159], 0.096, 0.13, [1, 6], 0.759, 'の に を は た て が と で 年 し 月 れ さ'),
  por_Latn: row(0.799, 0.287, [0.371, 0.191, 0.163], [0.163, 0.153, 0.141, 0.13, 0.119, 0.108], 0.077, 0.186, [3, 13], 0.814, 'de a e o em do da que um no uma com para na é foi'),
  tur_Latn: row(0.875, 0.272, [0.214, 0.168, 0.147], [0.154, 0.144, 0.134, 0.124, 0.113, 0.103], 0.091, 0.222, [3, 21], 0.773, 've bir olarak bu ile için olan da de tarafından yılında sonra en daha ilk the'),
  ben_Beng: row(0.872, 0.203, [0.177, 0.158, 0.147], [0.118, 0.108, 0.099, 0.09, 0.082, 0.073], 0.125, 0.171, [3, 24], 0.8, 'এবং ও হয় করে একটি তিনি করা থেকে'),
  heb_Hebr: row(0.9, 0.34, [0.239, 0.202, 0.173], [0.16, 0.151, 0.14, 0.129, 0.118, 0.108], 0.2, 0.126, [2, 9], 0.799, 'של את על הוא עם בשנת גם היה היא לאחר לא ידי בין או כי'),
  ind_Latn: row(0.685, 0.241, [0.194, 0.166, 0.145], [0.166, 0.155, 0.144, 0.133, 0.122, 0.111], 0.111, 0.157, [3, 12], 0.805, 'dan yang di pada dari ini dengan adalah untuk dalam'),
  ita_Latn: row(0.817, 0.246, [0.198, 0.156, 0.133], [0.144, 0.136, 0.127, 0.118, 0.109, 0.1], 0.025, 0.2, [3, 21], 0.807, 'di e il la in a del che è della un per nel l\' con da i una'),
  zsm_Latn: row(0.618, 0.331, [0.264, 0.252, 0.225], [0.185, 0.176, 0.166, 0.156, 0.145, 0.134], 0.125, 0.214, [3, 11], 0.808, 'dan di yang pada dalam dengan untuk ini'),
  nld_Latn: row(0.689, 0.296, [0.213, 0.182, 0.158], [0.156, 0.146, 0.136, 0.126, 0.115, 0.104], 0.102, 0.154, [3, 17], 0.828, 'de van in het een en is op voor met door zijn werd hij uit'),
  pol_Latn: row(0.689, 0.32, [0.222, 0.198, 0.176], [0.172, 0.16, 0.148, 0.136, 0.123, 0.111], 0.087, 0.158, [3, 12], 0.726, 'w i na z do się roku od a jest przez po jako oraz o został był nie'),
  rus_Cyrl: row(0.9, 0.322, [0.184, 0.164, 0.146], [0.168, 0.156, 0.145, 0.133, 0.121, 0.109], 0.231, 0.139, [3, 11], 0.713, 'в и на с года по году из был к не от что за для его как а он также до после'),
  tha_Thai: row(0.9, 0.349, [0.221, 0.197, 0.162], [0.185, 0.168, 0.152, 0.137, 0.124, 0.111], 0, 0.153, [2, 10], 0.9, 'ใน ที่ และ ของ เป็น มี การ ได้'),
  ukr_Cyrl: row(0.9, 0.3, [0.189, 0.172, 0.153], [0.16, 0.148, 0.136, 0.124, 0.113, 0.102], 0.167, 0.175, [3, 11], 0.694, 'у в на і з та до року за що'),
  urd_Arab: row(0.847, 0.204, [0.139, 0.123, 0.107], [0.125, 0.115, 0.107, 0.098, 0.089, 0.081], 0.1, 0.222, [2, 31], 0.839, 'کے میں کی اور ہے سے کا نے اس پر کو ایک'),
  vie_Latn: row(0.802, 0.293, [0.223, 0.197, 0.171], [0.178, 0.163, 0.15, 0.136, 0.124, 0.111], 0.333, 0.103, [3, 11], 0.803, 'là và của một được trong năm các có loài này đã người'),
  ces_Latn: row(0.88, 0.311, [0.206, 0.183, 0.165], [0.168, 0.157, 0.145, 0.133, 0.121, 0.109], 0.06, 0.182, [3, 11], 0.781, 'v a se na je z s do'),
  ell_Grek: row(0.826, 0.31, [0.194, 0.175, 0.156], [0.174, 0.163, 0.153, 0.142, 0.13, 0.119], 0.167, 0.116, [3, 11], 0.809, 'του και το της η την από ο με τον να που των στην για στο σε είναι τη τα οι'),
  hun_Latn: row(0.744, 0.322, [0.226, 0.198, 0.172], [0.169, 0.159, 0.148, 0.136, 0.124, 0.112], 0.067, 0.231, [3, 15], 0.766, 'a az és is egy volt hogy nem meg de magyar első el között'),
  kaz_Cyrl: row(0.844, 0.304, [0.172, 0.147, 0.127], [0.159, 0.148, 0.136, 0.126, 0.115, 0.104], 0.176, 0.186, [3, 12], 0.694, 'және су бойынша мен жылы коды өзен орналасқан мәліметтер жер бұл саны тұрғындарының адамды оның болып алып мемлекеттік құрайды жаңа ол гз бар жатқан'),
  ron_Latn: row(0.822, 0.289, [0.161, 0.146, 0.131], [0.16, 0.149, 0.138, 0.127, 0.117, 0.106], 0.081, 0.207, [1, 14], 0.779, 'de în a și din la o cu este un pe fost care al'),
  azj_Latn: row(0.3, 0.879, [0.514, 0.475, 0.405], [0.3, 0.271, 0.252, 0.227, 0.202, 0.179], 0.188, 0.179, [3, 13], 0.725, 'və ilə ildə bir bu azərbaycan olan üçün sonra də kimi il isə o görə da tərəfindən çox ki onun edir idi'),
  npi_Deva: row(0.896, 0.155, [0.114, 0.103, 0.091], [0.098, 0.09, 0.083, 0.076, 0.069, 0.062], 0.125, 0.278, [3, 37], 0.824, 'र छ थियो हो एक पनि मा थिए यो'),
  cmn_Hans: row(0.692, 0.287, [0.256, 0.201, 0.171], [0.198, 0.182, 0.167, 0.154, 0.14, 0.127], 0.106, 0.178, [1, 5], 0.735, '的 年 在 月 是 和 日 了 於 為 有 被 人 中 为 他 與 後 也 而 由'),
  swh_Latn: row(0.3, 0.302, [0.396, 0.282, 0.231], [0.193, 0.17, 0.155, 0.14, 0.126, 0.113], 0.143, 0.167, [3, 9], 0.802, 'ya na wa katika kwa ni la za mwaka'),
  yor_Latn: row(0.3, 0.433, [0.516, 0.446, 0.387], [0.232, 0.215, 0.19, 0.189, 0.153, 0.14], 0.139, 0.069, [1, 12], 0.86, 'ní ni ti tí ó jẹ́ àwọn o ibi àti kékeré ástẹ́rọ́ìdì ìgbàjá plánẹ́tì'),
  amh_Ethi: row(0.3, 0.672, [0.535, 0.433, 0.388], [0.273, 0.242, 0.228, 0.205, 0.183, 0.157], 0, 0.417, [1, 24], 0.824, 'ነው እና ምሳሌ ላይ ነበር ውስጥ ግን ወደ ልጆች እንደ የአማርኛ ወይም ነገር በኋላ ጊዜ ቀን ሲሆን ጋር ዘመን ዓ.ም. እስከ ይህ ትርጉሙ የኢትዮጵያ'),
  tam_Taml: row(0.888, 0.276, [0.23, 0.212, 0.19], [0.149, 0.14, 0.132, 0.123, 0.114, 0.104], 0.125, 0.195, [4, 37], 0.779, 'மற்றும் ஒரு இந்த ஆம் இது என்ற இவர் உள்ள ஆகும் ஆண்டு அல்லது என்பது முதல் உள்ளது என்று இந்திய மக்கள் ஊராட்சி இல் இருந்து மேலும் பல'),
  tel_Telu: row(0.722, 0.256, [0.21, 0.18, 0.162], [0.142, 0.133, 0.122, 0.114, 0.105, 0.096], 0.08, 0.18, [4, 68], 0.739, 'నుండి కి ఉన్నాయి మీ గ్రామం ఉంది దూరంలో ఈ కేంద్రం'),
  cym_Latn: row(0.745, 0.269, [0.258, 0.196, 0.165], [0.144, 0.131, 0.12, 0.108, 0.097, 0.088], 0.25, 0.167, [3, 9], 0.828, 'yn y a ffilm o gan \'r ar mae yw cyfarwyddwr ei i oedd wedi'),
  lao_Laoo: row(0.691, 0.327, [0.198, 0.175, 0.143], [0.187, 0.175, 0.163, 0.149, 0.135, 0.123], 0, 0.2, [2, 9], 0.85, 'ແລະ ໃນ ຂອງ ເປັນ ທີ່ ໄດ້ ມີ'),
  khm_Khmr: row(0.3, 0.917, [0.594, 0.523, 0.438], [0.175, 0.16, 0.148, 0.135, 0.121, 0.109], 0, 0.361, [2, 13], 0.905, 'មាន បាន ដែល ជា និង នៅ របស់ ក្នុង ថា នេះ នៃ ហើយ ទៅ ដោយ'),
  kat_Geor: row(0.9, 0.332, [0.225, 0.189, 0.167], [0.157, 0.146, 0.134, 0.122, 0.111, 0.1], 0.111, 0.222, [3, 13], 0.754, 'და წლის წელს იყო რომელიც რომ მისი შემდეგ რესურსები ინტერნეტში ამ იგი არ the როგორც საქართველოს'),
  hye_Armn: row(0.678, 0.285, [0.225, 0.206, 0.184], [0.157, 0.146, 0.133, 0.123, 0.111, 0.099], 0.167, 0.16, [4, 11], 0.778, 'է և են էր թվականի թվականին որ իր ծրագիր նա նաև որը այն հետ համար ու նրա այդ առաջին մի էին իսկ որպես'),
  als_Latn: row(0.757, 0.241, [0.152, 0.136, 0.116], [0.131, 0.122, 0.113, 0.105, 0.096, 0.087], 0.066, 0.273, [1, 14], 0.788, 'të e në dhe i një me nga për është që më u si'),
  bod_Tibt: row(0.682, 0.261, [0.206, 0.205, 0.175], [0.174, 0.153, 0.14, 0.129, 0.115, 0.102], 0, 0.417, [1, 23], 0.824, 'དང་ ལ་ ཀྱི་ དུ་ ནས་ གི་ གྱི་ ནི་'),
  bul_Cyrl: row(0.9, 0.317, [0.173, 0.157, 0.139], [0.17, 0.158, 0.144, 0.131, 0.12, 0.108], 0.154, 0.142, [3, 10], 0.756, 'на и в е от за се г. с през да по'),
  cmn_Hant: row(0.692, 0.287, [0.256, 0.201, 0.171], [0.198, 0.182, 0.167, 0.154, 0.14, 0.127], 0.106, 0.178, [1, 5], 0.735, '的 年 在 月 是 和 日 了 於 為 有 被 人 中 为 他 與 後 也 而 由'),
  dan_Latn: row(0.3, 0.305, [0.367, 0.297, 0.232], [0.169, 0.158, 0.147, 0.134, 0.123, 0.112], 0.1, 0.182, [3, 11], 0.798, 'i og af en til er den at som på for med det blev var der fra de han et'),
  fao_Latn: row(0.431, 0.371, [0.374, 0.278, 0.224], [0.187, 0.172, 0.16, 0.147, 0.135, 0.123], 0, 2, [2, 12], 0.739, 'í og er at á sum við av til f. kr var hann ein'),
  fin_Latn: row(0.764, 0.293, [0.253, 0.202, 0.179], [0.153, 0.143, 0.133, 0.122, 0.112, 0.101], 0.114, 0.161, [3, 14], 0.755, 'ja on oli hän vuonna myös joka se ei sen ovat sekä mutta että tai vuoden kanssa hänen s. jälkeen the'),
  gle_Latn: row(0.3, 0.395, [0.533, 0.421, 0.379], [0.203, 0.181, 0.181, 0.155, 0.145, 0.132], 0, 0.214, [2, 11], 0.816, 'an a na agus ar i is le sa go é ag sé bhí de'),
  hau_Latn: row(0.3, 0.601, [2.82, 3.257, 3.311], [0.545, 0.532, 0.516, 0.496, 0.469, 0.446], 0.111, 0.114, [3, 11], 0.833, 'da a na ta ya kuma cikin ba'),
  hrv_Latn: row(0.467, 0.312, [0.215, 0.19, 0.165], [0.173, 0.162, 0.15, 0.138, 0.126, 0.113], 0.099, 0.198, [2, 11], 0.751, 'je u i se na su za od s a'),
  ibo_Latn: row(0.3, 0.7, [1.008, 0.797, 0.657], [0.304, 0.289, 0.269, 0.246, 0.23, 0.204], 0.1, 0.129, [2, 11], 0.812, 'na nke ndị ọ ya ihe dị a onye bụ ka ọrụ ahụ ma'),
  kin_Latn: row(0.575, 0.067, [1.684, 1.255, 0.884], [0.036, 0.035, 0.033, 0.031, 0.028, 0.026], 0.062, 0.189, [2, 23], 0.816, 'mu muri ya ku na wa ni kandi'),
  kir_Cyrl: row(0.756, 0.311, [0.247, 0.189, 0.161], [0.167, 0.16, 0.136, 0.125, 0.119, 0.111], 0.133, 0.17, [4, 12], 0.623, 'жана менен боюнча кыргыз суу ж. бир мамлекеттик колдонулган адабияттар жылы ал коду isbn башкы болгон б шилтемелер б. да болуп энциклопедия үчүн бул же борбору анын а. калкы эле тил'),
  kmr_Latn: row(0.858, 0.236, [0.253, 0.201, 0.14], [0.112, 0.103, 0.097, 0.089, 0.081, 0.073], 0.222, 0.167, [2, 10], 0.783, 'û li bi ji de di ye ku ya jî xwe e ser'),
  lin_Latn: row(0.3, 0.914, [0.599, 0.583, 0.515], [0.275, 0.251, 0.233, 0.21, 0.188, 0.167], 0, 0.379, [2, 11], 0.8, 'ya na o mpé ezalí ba de kongó mpe kinsásá oyo la tǒ wa ezali bato mwa te lya yango et ma engumba mpo du mingi'),
  lug_Latn: row(0.3, 0.241, [1.233, 1.109, 0.92], [0.142, 0.134, 0.125, 0.115, 0.106, 0.095], 0.125, 0.214, [3, 13], 0.778, 'mu nga ku ne era uganda ya oba of wa okuva nti kya the ye gwa bwe kino buli yali abantu'),
  mkd_Cyrl: row(0.88, 0.248, [0.199, 0.189, 0.172], [0.138, 0.128, 0.119, 0.109, 0.099, 0.09], 0.133, 0.172, [2, 10], 0.781, 'на во и од се за со е година да како'),
  mlt_Latn: row(0.3, 0.395, [0.949, 0.746, 0.548], [0.212, 0.193, 0.175, 0.159, 0.142, 0.125], 0.111, 0.162, [3, 13], 0.823, 'l- tal- u ta\' il- li fl- fil- mill-'),
  mya_Mymr: row(0.839, 0.278, [0.161, 0.152, 0.133], [0.167, 0.155, 0.145, 0.134, 0.124, 0.113], 0, 0.07, [2, 21], 0.75, 'သည် များ ကို တွင် ဖြစ် သော ခဲ့ နှင့် ရှိ တို့ မှာ ဦး က မ မှ'),
  pes_Arab: row(0.85, 0.246, [0.189, 0.164, 0.143], [0.157, 0.147, 0.137, 0.127, 0.117, 0.107], 0.2, 0.15, [2, 9], 0.812, 'در و به از که است این را با یک'),
  sin_Sinh: row(0.798, 0.274, [0.236, 0.216, 0.194], [0.164, 0.156, 0.146, 0.136, 0.125, 0.114], 0, 0.226, [2, 58], 0.833, 'සහ අතර හා වන ලෙස මෙම වූ විය ඇති විසින් කරන සඳහා ද වේ ඇත දී එය හෝ කර ඔහු කළ කිරීම ශ්‍රී යන නම් බව'),
  som_Latn: row(0.3, 0.405, [0.812, 0.846, 0.811], [0.285, 0.27, 0.251, 0.232, 0.211, 0.191], 0, 0.29, [2, 74], 0.831, 'oo iyo ka ah ee ku u waa la waxaa ay soo uu waxay'),
  srp_Cyrl: row(0.872, 0.257, [0.176, 0.158, 0.141], [0.147, 0.137, 0.126, 0.116, 0.106, 0.096], 0.156, 0.239, [3, 10], 0.8, 'у је и на се од су године да за из са насеље'),
  swe_Latn: row(0.629, 0.292, [0.242, 0.195, 0.174], [0.156, 0.147, 0.136, 0.125, 0.116, 0.105], 0.2, 0.135, [3, 12], 0.841, 'i och är av en som den med på till att för'),
  tir_Ethi: row(0.3, 0.888, [0.47, 0.451, 0.402], [0.257, 0.249, 0.239, 0.209, 0.2, 0.182], 0, 0.5, [2, 8], 0.8, 'ኣብ ናይ እዩ ካብ ድማ እቲ'),
  uig_Arab: row(0.874, 0.293, [0.2, 0.159, 0.134], [0.136, 0.123, 0.108, 0.097, 0.087, 0.079], 0, 0.394, [2, 15], 0.782, 'ۋە بىر بىلەن بۇ بولۇپ بولغان ياكى ئۇيغۇر ئۇ دەپ ئۈچۈن بولىدۇ ئۇنىڭ قىلىپ بار'),
  uzn_Latn: row(0.631, 0.254, [0.871, 0.543, 0.357], [0.15, 0.139, 0.128, 0.12, 0.109, 0.093], 0.25, 0.159, [3, 13], 0.691, 'va bilan u uchun joylashgan bir bu boʻlgan ham uning aholi birinchi edi eng tomonidan boʻlib nafar qiladi km2 yoki sifatida'),
  xho_Latn: row(0.3, 0.371, [1.224, 0.905, 0.756], [0.169, 0.14, 0.129, 0.118, 0.105, 0.094], 0.035, 0.233, [1, 3141], 0.775, 'i kunye okanye kwaye ukuba ke afrika xa kwi le abantu the of ngokuba ii emva kodwa apho kakhulu yi kuba'),
  zul_Latn: row(0.3, 0.912, [0.816, 0.813, 0.731], [0.361, 0.332, 0.31, 0.283, 0.253, 0.227], 0.308, 0.143, [3, 13], 0.738, 'futhi se i kanye noma afrika e ukuthi'),
};

export interface SailCraftRow {
  readonly minWords: number;
  /** Of character n-grams (10, Chinese 3): share of the most frequent ones. */
  readonly maxCharacterRepetition: number;
  /** Of word n-grams (5, Urdu 7): share of those that come more than once. */
  readonly maxWordRepetition: number;
  readonly maxSpecialCharacters: number;
  /** Share of words that are stop words; null: no rule. */
  readonly minStopWordShare: number | null;
  /** Least confidence of language identification; null: no rule. */
  readonly languageScore: number | null;
  /** Under SailCraft's KenLM models, whose tokens differ: not comparable with the perplexity of other models. */
  readonly maxPerplexity: number;
}

const sail = (
  minWords: number,
  maxCharacterRepetition: number,
  maxWordRepetition: number,
  maxSpecialCharacters: number,
  minStopWordShare: number | null,
  languageScore: number | null,
  maxPerplexity: number,
): SailCraftRow => ({
  minWords,
  maxCharacterRepetition,
  maxWordRepetition,
  maxSpecialCharacters,
  minStopWordShare,
  languageScore,
  maxPerplexity,
});

export const SAILCRAFT_DEFAULT = sail(10, 0.2, 0.3, 0.4, 0.1, 0.7, 10_000);

/** Least words, repeated characters, repeated words, special characters, stop words, language score, perplexity. */
// biome-ignore format: one language, one line
export const SAILCRAFT_ROWS: Readonly<Record<string, SailCraftRow>> = {
  eng_Latn: sail(20, 0.106, 0.19, 0.4, 0.3, 0.8, 1500),
  arb_Arab: sail(20, 0.2, 0.34, 0.3, 0.07, 0.81, 2300),
  ben_Beng: sail(33, 0.13, 0.21, 0.45, 0.002, 0.95, 2000),
  spa_Latn: sail(16, 0.14, 0.25, 0.34, 0.4, 0.8, 1300),
  fra_Latn: sail(13, 0.14, 0.13, 0.34, 0.27, 0.8, 1770),
  por_Latn: sail(19, 0.25, 0.98, 0.35, 0.2, 0.6, 3038),
  urd_Arab: sail(25, 0.19, 0.5, 0.25, 0.01, 0.9, 1495),
  cmn_Hans: sail(30, 0.2, 0.96, 0.3, 0.169, 0.85, 2095),
  ind_Latn: sail(10, 0.5, 0.5, 0.5, null, 0.7, 3500),
  vie_Latn: sail(10, 0.5, 0.5, 0.5, null, 0.7, 3500),
  tha_Thai: sail(30, 0.2, 0.2, 0.4, null, 0.7, 3500),
  zsm_Latn: sail(15, 0.15, 0.2, 0.34, null, null, 5000),
};
