/**
 * Words that tell close relatives apart: where two languages share nearly all n-grams, a few everyday words are spelled or chosen differently.
 *
 * Source: how the languages differ as any grammar says: ijekavian and ekavian spelling, ko and tko, names of months (Bosnian, Croatian, Montenegrin,
 * Serbian); spelling and everyday words of Indonesian and Malay. Words of places and topics are left out. Written without looking at any test set.
 */

const MARKERS: readonly (readonly [languages: string, words: string])[] = [
  // ijekavian
  [
    'bos_Latn cnr_Latn hrv_Latn',
    'gdje ovdje nigdje uvijek vrijeme mjesto mjesta mjestu prije poslije lijepo lijepa lijep dijete djeca djece djecu djevojka riječ riječi ' +
      'svijet svijeta svijetu mlijeko bijela bijeli cijeli cijela cijelo vidjeti vidio vidjela vidjeli htjeti htio htjela htjeli željela željeli željeti voljela ' +
      'umjesto dvije obje nedjelja nedjelje sjediti sjever sjeverni rijeka cijena cijene promjena promjene primjer primjera mjesec mjeseca mjeseci ' +
      'vjerujem vjerovati rješenje rješenja uspjeh uspjeli razumije smije dio posljednji posljednja posljednjih sljedeći sljedeće ' +
      'ponedjeljak osjećaj osjećam vijest vijesti mjera mjere čovjek čovjeka snijeg tijelo tijela ondje negdje',
  ],
  // ekavian
  [
    'srp_Latn',
    'gde ovde nigde uvek vreme mesto mesta mestu pre posle lepo lepa lep dete deca dece decu devojka reč reči svet sveta svetu mleko bela beli ' +
      'ceo cela celo celi videti video videla videli hteti hteo htela hteli želela želeo želeli želeti volela voleo umesto dve obe nedelja nedelje sedeti sever ' +
      'severni reka cena cene promena promene primer primera mesec meseca meseci verujem verovati rešenje rešenja uspeh uspeli razume ' +
      'sme deo poslednji poslednja poslednjih sledeći sledeće ponedeljak osećaj osećam vest vesti mere čovek čoveka sneg telo tela negde ' +
      'hleb bezbednost sopstveni izveštaj lekar lekara kuvati',
  ],
  [
    'hrv_Latn',
    'tko netko nitko svatko tijekom tisuća tisuće tisuću tjedan tjedna tjedni tjedana siječnja veljače ožujka travnja svibnja lipnja srpnja kolovoza ' +
      'rujna listopada studenog studenoga prosinca vlak zrak kruh sveučilište sveučilišta nogomet nogometni nogometna glazba glazbe izvješće unatoč ' +
      'povijest povijesti točno točka europa europe europi europska europske europski europskih europskog liječnik tvrtka tvrtke financije financijski ' +
      'kazalište uvjet uvjeti uvjeta obitelj obitelji tvornica stoljeće stoljeća stoljeću ravnatelj priopćenje momčad momčadi natjecanje sudac odvjetnik ' +
      'gospodarski gospodarstvo gospodarstva putovnica suradnja suradnje suradnju sustav sustava sustavu znanost znanosti zrakoplov',
  ],
  [
    'bos_Latn cnr_Latn srp_Latn',
    'šta ko neko niko svako hiljada hiljade hiljadu januara februara marta aprila septembra oktobra novembra decembra voz vazduh univerzitet univerziteta ' +
      'fudbal fudbalski fudbalska muzika muzike tačno tačka evropa evrope evropi evropska evropske evropski evropskih evropskog porodica porodice fabrika ' +
      'saradnja saradnje saradnju sudija preduzeće preduzeća uslov uslovi uslova nauka nauke pozorište takmičenje finansije finansijski finansijska',
  ],
  ['bos_Latn hrv_Latn', 'također uopće općina općine općini'],
  ['bos_Latn cnr_Latn', 'sedmica sedmice sedmicu hljeb ljekar ljekara'],
  ['cnr_Latn srp_Latn', 'takođe uopšte opština opštine opštini istorija istorije istoriji'],
  ['bos_Latn', 'historija historije historiji historijski kahva kahve kahvu lahko mehko saopćenje saopćio saopćila'],
  [
    'ind_Latn',
    'karena bahwa bisa coba mencoba beda berbeda perbedaan mobil uang kantor pria perusahaan mau saat sedangkan butuh kebutuhan membutuhkan ' +
      'bicara berbicara polisi universitas sepeda kamar provinsi kabupaten kota gratis teman tapi ternyata kesehatan inggris prancis jepang spanyol ' +
      'italia jumat kamis senin maret juni juli agustus desember televisi informasi transportasi institusi harus memiliki biaya rusak listrik ' +
      'pabrik toko dokter telepon nomor silakan besok sore bapak istri persen miliar pengadilan tentara setelah resmi sebelumnya sekadar saja ' +
      'berusia berhasil tampaknya kalian nggak jaringan',
  ],
  [
    'zsm_Latn',
    'kerana bahawa boleh cuba mencuba beza berbeza perbezaan kereta wang pejabat lelaki syarikat mahu sahaja awak ialah kerajaan polis universiti basikal ' +
      'bilik bandar percuma gembira kawan kesihatan inggeris perancis jepun sepanyol itali jumaat khamis ahad isnin mac jun julai ogos disember televisyen ' +
      'maklumat pengangkutan pertubuhan hospital doktor kilang kedai elektrik telefon nombor sekiranya selepas manakala pelbagai berkenaan semasa sila ' +
      'esok petang bapa isteri peratus bilion mahkamah tentera perkhidmatan perkara hendaklah kesemua adakah apabila dahulu bercakap pasukan ' +
      'teksi bas berjumpa beritahu memerlukan pilihanraya awam menerusi turut',
  ],
];

/** Languages that each word speaks for. */
const languagesOf = new Map<string, readonly string[]>();
for (const [languages, words] of MARKERS)
  for (const word of words.split(' ')) languagesOf.set(word, languages.split(' '));

const MARKED = new Set(MARKERS.flatMap(([languages]) => languages.split(' ')));

/** Whether a language has relatives that words tell it from. */
export const hasMarkers = (language: string): boolean => MARKED.has(language);

/** Units of a text that are looked at: what a longer one is, n-grams tell. */
const MAX_UNITS = 20_000;

/** @returns how many words of a text speak for each language */
export function countMarkers(text: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const word of text
    .slice(0, MAX_UNITS)
    .toLowerCase()
    .match(/\p{L}+/gu) ?? [])
    for (const language of languagesOf.get(word) ?? []) counts.set(language, (counts.get(language) ?? 0) + 1);
  return counts;
}
