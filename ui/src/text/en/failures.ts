// What went wrong, by the code of a failed command. English.

import type { FailureCode } from '../../generated/failures';

export const failures: Record<FailureCode, string> = {
  backend_failed: 'The server had a problem of its own. Try again later.',
  bad_address: 'This is not an address of a server.',
  certificate: 'The server cannot prove who it is: its certificate is not accepted.',
  certificate_file: 'The certificate file cannot be read.',
  log_failed: 'The list of calls could not be read or written.',
  log_not_open: 'The list of calls is not open. Restart Bellwire.',
  no_account: 'This account is no longer signed in.',
  no_tls: 'Encrypted connections are not possible on this computer.',
  not_a_backend: 'There is no calling service at this address.',
  not_a_proxy: 'This is not an address of a proxy.',
  not_allowed: 'Your administrator does not allow this.',
  not_started: 'Bellwire could not start its calling part.',
  not_understood: 'The server answered something that Bellwire does not understand.',
  password_change_required: 'You have to choose a new password first, on the pages of the service.',
  proxy: 'The proxy gave no connection to the server.',
  rate_limited: 'Too many attempts. Wait a little and try again.',
  refused: 'The server refused.',
  setting_invalid: 'This setting is not possible.',
  settings_not_stored: 'The settings could not be stored.',
  signed_out: 'You are signed out.',
  stopped: 'Bellwire is ending.',
  unknown_dialect: 'Bellwire does not know this service.',
  unknown_role: 'The service has no such role.',
  unreachable: 'The server could not be reached. Check the address and your connection.',
  wrong_credentials: 'The e-mail or the password is not right.',
};
