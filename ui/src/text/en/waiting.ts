// Where one can only be called. English.

export const waiting = {
  title: 'You will be called here',
  lead: (server: string) => `Keep Bellwire running. When somebody at ${server} calls, this computer rings.`,
  offline: 'You cannot be called right now',
  offlineLead: 'There is no connection to the server. Bellwire keeps trying.',
  recent: 'Earlier calls',
};
