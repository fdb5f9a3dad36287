// Words said in many places. English.

export const common = {
  app: 'Bellwire',
  someone: 'Unknown caller',
  close: 'Close',
  dismiss: 'Dismiss',
  retry: 'Try again',
};
