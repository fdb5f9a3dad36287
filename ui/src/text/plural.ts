// Chooses among a language's forms for a number, by the rules its speakers use.

export type Form = Intl.LDMLPluralRule;
/** `#` stands for the number as the language writes it. */
export type Forms = Partial<Record<Form, string>> & { other: string };

export function plurals<F extends Forms = Forms>(tag: string): (n: number, forms: F) => string {
  const rules = new Intl.PluralRules(tag);
  const numbers = new Intl.NumberFormat(tag);
  return (n, forms) => {
    const all: Forms = forms;
    return (all[rules.select(n)] ?? all.other).replace('#', numbers.format(n));
  };
}
