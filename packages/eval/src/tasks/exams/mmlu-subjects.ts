/**
 * The 57 subjects of MMLU in four categories.
 *
 * Source: Hendrycks et al. 2021, arXiv:2009.03300; categories as lm-evaluation-harness groups them.
 */
const SUBJECTS = {
  stem: 'abstract_algebra anatomy astronomy college_biology college_chemistry college_computer_science college_mathematics college_physics computer_security conceptual_physics electrical_engineering elementary_mathematics high_school_biology high_school_chemistry high_school_computer_science high_school_mathematics high_school_physics high_school_statistics machine_learning',
  other:
    'business_ethics clinical_knowledge college_medicine global_facts human_aging management marketing medical_genetics miscellaneous nutrition professional_accounting professional_medicine virology',
  social_sciences:
    'econometrics high_school_geography high_school_government_and_politics high_school_macroeconomics high_school_microeconomics high_school_psychology human_sexuality professional_psychology public_relations security_studies sociology us_foreign_policy',
  humanities:
    'formal_logic high_school_european_history high_school_us_history high_school_world_history international_law jurisprudence logical_fallacies moral_disputes moral_scenarios philosophy prehistory professional_law world_religions',
} as const;

export type MmluCategory = keyof typeof SUBJECTS;

export interface MmluSubject {
  readonly subject: string;
  readonly category: MmluCategory;
}

export const MMLU_SUBJECTS: readonly MmluSubject[] = (Object.keys(SUBJECTS) as MmluCategory[]).flatMap((category) =>
  SUBJECTS[category].split(' ').map((subject) => ({ subject, category })),
);
