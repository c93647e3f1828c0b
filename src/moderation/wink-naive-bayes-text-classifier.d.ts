declare module 'wink-naive-bayes-text-classifier' {
  type NaiveBayesTextClassifier = {
    defineConfig(config: {
      readonly considerOnlyPresence?: boolean;
      readonly smoothingFactor?: number;
    }): boolean;
    definePrepTasks(tasks: readonly ((text: string) => readonly string[])[]): number;
    learn(text: string, label: string): boolean;
    /** Throws on a vocabulary too small, or fewer than two labels. */
    consolidate(): boolean;
    /** For each label the logarithm, to the base of two, of its odds; the likeliest first. */
    computeOdds(text: string): [label: string, bits: number][];
  };
  export default function naiveBayesTextClassifier(): NaiveBayesTextClassifier;
}
