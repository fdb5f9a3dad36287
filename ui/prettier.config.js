// How prettier formats the interface.

export default {
  printWidth: 130,
  bracketSameLine: true,
  singleQuote: true,
  plugins: ['prettier-plugin-svelte'],
  overrides: [{ files: '*.svelte', options: { parser: 'svelte' } }],
};
