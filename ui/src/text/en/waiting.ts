// Where one can only be called. English.

export const waiting = {
  title: 'You’re ready for calls',
  lead: (server: string) => `Keep Bellwire running. When someone at ${server} calls, this computer rings.`,
  offline: 'You can’t receive calls right now',
  offlineLead: 'There’s no connection to the server. Bellwire keeps trying.',
  recent: 'Earlier calls',
};
