/**
 * From two-letter codes of ISO 639-1 to `swh_Latn` codes, and from a bare ISO 639-3 code by the script of a text.
 *
 * Source: ISO 639-1 and ISO 639-3 (SIL). Where a two-letter code names a macrolanguage, the member that FLORES and FineWeb2 take for it.
 */
import { detectScript } from './detect-script.ts';

/** Two-letter code, ISO 639-3 code and usual script; a script is left to the text where a language is written in several. */
const TABLE =
  'aa aar Latn,ab abk Cyrl,af afr Latn,ak aka Latn,am amh Ethi,an arg Latn,ar arb Arab,as asm Beng,av ava Cyrl,ay ayr Latn,az azj,ba bak Cyrl,be bel Cyrl,bg bul Cyrl,bi bis Latn,bm bam Latn,bn ben Beng,bo bod Tibt,br bre Latn,bs bos,ca cat Latn,ce che Cyrl,ch cha Latn,co cos Latn,cs ces Latn,cv chv Cyrl,cy cym Latn,da dan Latn,de deu Latn,dv div Thaa,dz dzo Tibt,ee ewe Latn,el ell Grek,en eng Latn,eo epo Latn,es spa Latn,et ekk Latn,eu eus Latn,fa pes Arab,ff fuv Latn,fi fin Latn,fj fij Latn,fo fao Latn,fr fra Latn,fy fry Latn,ga gle Latn,gd gla Latn,gl glg Latn,gn grn Latn,gu guj Gujr,gv glv Latn,ha hau Latn,he heb Hebr,hi hin Deva,hr hrv Latn,ht hat Latn,hu hun Latn,hy hye Armn,ia ina Latn,id ind Latn,ie ile Latn,ig ibo Latn,ii iii Yiii,io ido Latn,is isl Latn,it ita Latn,iu iku Cans,ja jpn Jpan,jv jav Latn,ka kat Geor,kg kon Latn,ki kik Latn,kk kaz,kl kal Latn,km khm Khmr,kn kan Knda,ko kor Hang,ks kas,ku kmr,kv kpv Cyrl,kw cor Latn,ky kir Cyrl,la lat Latn,lb ltz Latn,lg lug Latn,li lim Latn,ln lin Latn,lo lao Laoo,lt lit Latn,lv lvs Latn,mg plt Latn,mh mah Latn,mi mri Latn,mk mkd Cyrl,ml mal Mlym,mn khk,mr mar Deva,ms zsm,mt mlt Latn,my mya Mymr,nb nob Latn,ne npi Deva,nl nld Latn,nn nno Latn,no nob Latn,nv nav Latn,ny nya Latn,oc oci Latn,om gaz Latn,or ory Orya,os oss Cyrl,pa pan,pl pol Latn,ps pbt Arab,pt por Latn,qu quy Latn,rm roh Latn,rn run Latn,ro ron,ru rus Cyrl,rw kin Latn,sa san Deva,sc srd Latn,sd snd Arab,se sme Latn,sg sag Latn,si sin Sinh,sk slk Latn,sl slv Latn,sm smo Latn,sn sna Latn,so som Latn,sq als Latn,sr srp,ss ssw Latn,st sot Latn,su sun Latn,sv swe Latn,sw swh Latn,ta tam Taml,te tel Telu,tg tgk Cyrl,th tha Thai,ti tir Ethi,tk tuk,tl fil Latn,tn tsn Latn,to ton Latn,tr tur Latn,ts tso Latn,tt tat,tw twi Latn,ty tah Latn,ug uig Arab,uk ukr Cyrl,ur urd Arab,uz uzn,vi vie Latn,vo vol Latn,wa wln Latn,wo wol Latn,xh xho Latn,yi ydd Hebr,yo yor Latn,za zha Latn,zh cmn,zu zul Latn';

interface Row {
  readonly code: string;
  readonly script?: string;
}

const rows = new Map<string, Row>(
  TABLE.split(',').map((entry) => {
    const [two, code, script] = entry.split(' ') as [string, string, string?];
    return [two, { code, ...(script === undefined ? {} : { script }) }];
  }),
);

/** ISO 639-3 code of a two-letter code, or undefined. */
export const iso6393Of = (twoLetters: string): string | undefined => rows.get(twoLetters)?.code;

const withTwoLetters = new Set([...rows.values()].map(({ code }) => code));

/** @param language for example `swh_Latn` */
export const hasTwoLetterCode = (language: string): boolean => withTwoLetters.has(language.slice(0, 3));

const HAS_SCRIPT = /^[a-z]{3}_[A-Z][a-z]{3}$/;

/**
 * @param label `swh_Latn`, `sw`, `swh`, or these with a region (`pt-BR`), as language identifiers name languages
 * @param text decides the script where the label says none
 * @returns a code such as `swh_Latn`
 */
export function languageCodeOf(label: string, text: string): string {
  if (HAS_SCRIPT.test(label)) return label;
  const base = label.toLowerCase().split(/[-_]/)[0]!;
  const row = rows.get(base) ?? { code: base };
  if (row.script !== undefined) return `${row.code}_${row.script}`;
  const { script } = detectScript(text);
  return `${row.code}_${script === 'Hani' ? 'Hans' : script}`;
}
