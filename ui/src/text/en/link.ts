// How an account stands with its server. English.

export const link = {
  connecting: 'Connecting…',
  online: 'Online',
  offline: 'Offline, reconnecting…',
  signed_out: 'Signed out',
};
