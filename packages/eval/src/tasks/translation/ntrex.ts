/**
 * NTREX-128: the newstest2019 sentences translated from English by people, one file of lines for each language.
 *
 * Source: Federmann et al. 2022, "NTREX-128", SumEval; published as `newstest2019-src.eng.txt` and `newstest2019-ref.<code>.txt`.
 * lm-evaluation-harness has it for some African languages with prompts of its own; the prompt here is that of the FLORES tasks. There is one
 * split, so examples are drawn from it without the sentence asked about.
 */
import { translationScoring } from '../definition/generation-scoring.ts';
import { textField } from '../definition/row-fields.ts';
import type { TaskDefinition } from '../definition/task-definition.ts';
import { LANGUAGE_NAMES } from '../languages.ts';
import { defaultBleuTokenizer } from '../translation-task.ts';

/** The set's codes; 'swa=swh_Latn' where the language is known here by another one, with a name after '/' where FLORES-200 lacks it. */
const CODES =
  'afr amh arb aze-Latn=azj_Latn bak bel bem ben bod bos bul cat ces ckb-Arab=ckb_Arab cym dan deu div=div_Thaa/Dhivehi dzo ell est eus ewe fao fas=pes_Arab fij fil=tgl_Latn fin fra fra-CA=fra_Latn/Canadian_French fuc=fuv_Latn gle glg guj hau heb hin hmn=hmn_Latn/Hmong hrv hun hye ibo ind isl ita jpn kan kat kaz khm kin kir kmr kor lao lav=lvs_Latn lit ltz mal mar mey=mey_Arab/Hassaniya_Arabic mkd mlg=plt_Latn mlt mon=khk_Cyrl mri msa=zsm_Latn mya nde=nde_Latn/Northern_Ndebele nep=npi_Deva nld nno nob nso nya orm=gaz_Latn pan pol por por-BR=por_Latn/Brazilian_Portuguese prs pus=pbt_Arab ron rus shi=shi_Arab/Tashelhiyt sin slk slv smo sna-Latn=sna_Latn snd-Arab=snd_Arab som spa spa-MX=spa_Latn/Mexican_Spanish sqi=als_Latn srp-Cyrl=srp_Cyrl srp-Latn=srp_Latn/Serbian_(Latin_script) ssw swa=swh_Latn swe tah=tah_Latn/Tahitian tam tat tel tgk-Cyrl=tgk_Cyrl tha tir ton=ton_Latn/Tongan tsn tuk tur uig ukr urd uzb=uzn_Latn ven=ven_Latn/Venda vie vmw=vmw_Latn/Makhuwa wol xho yor yue zho-CN=zho_Hans zho-TW=zho_Hant zul';

interface NtrexLanguage {
  readonly code: string;
  readonly language: string;
  readonly name: string;
}

export function ntrexTasks(): TaskDefinition[] {
  return CODES.split(' ').flatMap((entry) => {
    const own = ntrexLanguage(entry);
    return [ntrexTask(own, 'from'), ntrexTask(own, 'to')];
  });
}

function ntrexTask({ code, language, name }: NtrexLanguage, way: 'from' | 'to'): TaskDefinition {
  const english = { column: 'eng', name: 'newstest2019-src.eng' };
  const other = { column: code, name: `newstest2019-ref.${code}` };
  const [source, target] = way === 'from' ? [english, other] : [other, english];
  const [sourceName, targetName] = way === 'from' ? ['English', name] : [name, 'English'];
  const tokenize = defaultBleuTokenizer(way === 'from' ? language : 'eng_Latn');
  return {
    name: `ntrex128_${source.column}-${target.column}`,
    groups: [way === 'from' ? 'ntrex128_en-xx' : 'ntrex128_xx-en'],
    paper: 'https://aclanthology.org/2022.sumeval-1.4',
    version: 1,
    language,
    labels: { direction: way === 'from' ? `eng_Latn-${language}` : `${language}-eng_Latn` },
    dataset: { path: 'MicrosoftTranslator/NTREX', parallel: [source, target] },
    splits: { test: 'test' },
    fewShot: { split: 'test' },
    targetDelimiter: '',
    prompt: {
      type: 'generate_until',
      text: (row) => `${sourceName} sentence: ${textField(row, source.column)}\n${targetName} sentence:`,
      target: (row) => textField(row, target.column),
      until: ['\n'],
      scoring: translationScoring({
        reference: (row) => textField(row, target.column),
        metrics: ['bleu', 'ter', 'chrf', 'chrf++'],
        bleu: { tokenize },
      }),
    },
    config: { bleu_tokenizer: tokenize },
  };
}

function ntrexLanguage(entry: string): NtrexLanguage {
  const [code = '', known = ''] = entry.split('=');
  const [language = '', name] = known.split('/');
  const own = language || [...LANGUAGE_NAMES.keys()].find((key) => key.startsWith(`${code}_`));
  if (own === undefined) throw new Error(`no language for ${entry}`);
  return { code, language: own, name: name?.replaceAll('_', ' ') ?? LANGUAGE_NAMES.get(own)! };
}
