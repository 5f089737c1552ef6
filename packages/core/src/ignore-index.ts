/** The label that takes no part in a loss, as in PyTorch and Hugging Face. */
export const IGNORE_INDEX = -100;
