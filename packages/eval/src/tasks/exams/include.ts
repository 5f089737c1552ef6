/**
 * INCLUDE: exam questions written in 44 languages, about the places they are spoken.
 *
 * Source: Romanou et al. 2024, arXiv:2411.19799; prompt and requests of lm-evaluation-harness 0.4.13 `include_base_44_*` (version 0), with
 * the space before 'D.' and the description that runs into the question, both as they are there.
 */
import { pythonStrip } from '../../python-text.ts';
import { numberField, textField } from '../definition/row-fields.ts';
import type { TaskDefinition } from '../definition/task-definition.ts';
import { LANGUAGE_NAMES } from '../languages.ts';

/** Languages by their English name, and the domains that each has questions of. */
const DOMAINS = `Albanian: arts_humanities business_commerce health_oriented_education social_science stem
Arabic: arts_humanities business_commerce driving_license general_knowledge social_science stem
Armenian: arts_humanities driving_license social_science stem
Azerbaijani: applied_science arts_humanities business_commerce health_oriented_education social_science stem
Basque: professional_certification
Belarusian: arts_humanities social_science stem
Bengali: arts_humanities general_knowledge professional_certification stem
Bulgarian: arts_humanities social_science stem
Chinese: applied_science arts_humanities business_commerce driving_license health_oriented_education professional_certification social_science stem
Croatian: arts_humanities social_science stem
Dutch: applied_science arts_humanities health_oriented_education social_science stem
Estonian: applied_science arts_humanities health_oriented_education social_science stem
Finnish: applied_science arts_humanities health_oriented_education social_science stem
French: arts_humanities driving_license health_oriented_education social_science stem
Georgian: arts_humanities
German: driving_license social_science stem
Greek: arts_humanities business_commerce health_oriented_education medical_license professional_certification social_science stem
Hebrew: arts_humanities driving_license
Hindi: applied_science arts_humanities driving_license general_knowledge health_oriented_education professional_certification social_science stem
Hungarian: applied_science social_science stem
Indonesian: applied_science arts_humanities professional_certification social_science stem
Italian: applied_science arts_humanities health_oriented_education professional_certification social_science stem
Japanese: driving_license medical_license professional_certification
Kazakh: arts_humanities
Korean: professional_certification social_science
Lithuanian: arts_humanities business_commerce professional_certification social_science stem
Malay: arts_humanities business_commerce social_science
Malayalam: arts_humanities general_knowledge health_oriented_education marine_license social_science stem
Nepali: driving_license professional_certification
North Macedonian: arts_humanities business_commerce social_science stem
Persian: arts_humanities driving_license professional_certification social_science stem
Polish: professional_certification social_science stem
Portuguese: applied_science arts_humanities business_commerce health_oriented_education social_science stem
Russian: applied_science arts_humanities business_commerce driving_license health_oriented_education marine_license social_science stem
Serbian: arts_humanities social_science stem
Spanish: arts_humanities health_oriented_education social_science stem
Tagalog: arts_humanities driving_license
Tamil: general_knowledge stem
Telugu: applied_science arts_humanities social_science stem
Turkish: arts_humanities business_commerce social_science stem
Ukrainian: arts_humanities social_science stem
Urdu: arts_humanities health_oriented_education stem
Uzbek: arts_humanities medical_license social_science stem
Vietnamese: arts_humanities social_science stem`;

const DOMAIN_NAMES: Readonly<Record<string, string>> = {
  applied_science: 'Applied Science',
  arts_humanities: 'Arts & Humanities',
  business_commerce: 'Business & Commerce',
  driving_license: 'Driving License',
  general_knowledge: 'General knowledge',
  health_oriented_education: 'Health oriented education',
  marine_license: 'Marine License',
  medical_license: 'Medical License',
  professional_certification: 'Professional certification',
  social_science: 'Social Science',
  stem: 'STEM',
};

export function includeTasks(): TaskDefinition[] {
  return DOMAINS.split('\n').flatMap((line) => {
    const [name = '', domains = ''] = line.split(': ');
    const slug = name.toLowerCase().replaceAll(' ', '_');
    return domains.split(' ').map((domain): TaskDefinition => {
      const title = DOMAIN_NAMES[domain]!;
      return {
        name: `include_base_44_${slug}_${domain}`,
        groups: [`include_base_44_${slug}`],
        paper: 'arXiv:2411.19799',
        version: 0,
        language: languageNamed(name),
        labels: { domain },
        dataset: { path: 'CohereForAI/include-base-44', name },
        splits: { test: 'test' },
        prepareRows: (rows) => rows.filter((row) => row.domain === title),
        description: `The following is multiple-choice question about ${slug === 'hebrew' && domain === 'driving_license' ? 'Driving license' : title}.`,
        prompt: {
          type: 'multiple_choice',
          text: (row) => {
            const [a, b, c, d] = ['option_a', 'option_b', 'option_c', 'option_d'].map((field) => textField(row, field));
            return `${pythonStrip(textField(row, 'question'))}\nA. ${a}\nB. ${b}\nC. ${c}\n D. ${d}\nAnswer:`;
          },
          choices: () => ['A', 'B', 'C', 'D'],
          gold: (row) => numberField(row, 'answer'),
        },
      };
    });
  });
}

function languageNamed(name: string): string {
  const own = name === 'North Macedonian' ? 'Macedonian' : name;
  for (const [language, known] of LANGUAGE_NAMES) if (known === own) return language;
  throw new Error(`no code for ${name}`);
}
