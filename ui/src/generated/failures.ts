// The codes of failed commands (`Failure.code`) and of problems told as notices. A test of the shell
// holds this list against its own; an empty code means that only the English words say what it was.

export const FAILURES = [
  'backend_failed',
  'bad_address',
  'bad_link',
  'certificate',
  'certificate_file',
  'log_failed',
  'log_not_open',
  'message_not_sent',
  'no_account',
  'no_figures',
  'no_messages',
  'no_tls',
  'not_a_backend',
  'not_a_proxy',
  'not_allowed',
  'not_exported',
  'not_ringing',
  'not_shown',
  'not_started',
  'not_understood',
  'password_change_required',
  'proxy',
  'rate_limited',
  'refused',
  'setting_invalid',
  'settings_not_stored',
  'signed_out',
  'stopped',
  'unknown_dialect',
  'unknown_role',
  'unreachable',
  'wrong_credentials',
] as const;

export type FailureCode = (typeof FAILURES)[number];
