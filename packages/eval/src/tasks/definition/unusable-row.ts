/** Why a row of a data set cannot be asked about: it is counted with its reason and in no score. */
export class UnusableRow extends Error {}
