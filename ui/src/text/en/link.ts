// How an account stands with its server. English.

export const link = {
  connecting: 'Connecting…',
  online: 'Online',
  offline: 'Offline, trying again',
  signed_out: 'Signed out',
};
