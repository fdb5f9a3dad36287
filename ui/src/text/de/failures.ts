// What went wrong, by the code of a failed command. German.

import type { Text } from '../en';

export const failures: Text['failures'] = {
  backend_failed: 'Der Server hatte selbst ein Problem. Versuchen Sie es später erneut.',
  bad_address: 'Das ist keine Serveradresse.',
  certificate: 'Der Server kann sich nicht ausweisen: Sein Zertifikat wird nicht anerkannt.',
  certificate_file: 'Die Zertifikatsdatei ist nicht lesbar.',
  log_failed: 'Die Anrufliste konnte nicht gelesen oder geschrieben werden.',
  log_not_open: 'Die Anrufliste ist nicht geöffnet. Starten Sie Bellwire neu.',
  no_account: 'Dieses Konto ist nicht mehr angemeldet.',
  no_tls: 'Auf diesem Computer sind keine verschlüsselten Verbindungen möglich.',
  not_a_backend: 'Unter dieser Adresse gibt es keinen Anrufdienst.',
  not_a_proxy: 'Das ist keine Adresse eines Proxyservers.',
  not_allowed: 'Ihre Administration erlaubt das nicht.',
  not_started: 'Der Anrufteil von Bellwire konnte nicht starten.',
  not_understood: 'Der Server hat etwas geantwortet, das Bellwire nicht versteht.',
  password_change_required: 'Sie müssen zuerst auf den Seiten des Dienstes ein neues Passwort wählen.',
  proxy: 'Der Proxyserver gab keine Verbindung zum Server.',
  rate_limited: 'Zu viele Versuche. Warten Sie etwas und versuchen Sie es dann erneut.',
  refused: 'Der Server hat abgelehnt.',
  setting_invalid: 'Diese Einstellung ist nicht möglich.',
  settings_not_stored: 'Die Einstellungen konnten nicht gespeichert werden.',
  signed_out: 'Sie sind abgemeldet.',
  stopped: 'Bellwire wird gerade beendet.',
  unknown_dialect: 'Bellwire kennt diesen Dienst nicht.',
  unknown_role: 'Der Dienst kennt diese Rolle nicht.',
  unreachable: 'Der Server ist nicht erreichbar. Prüfen Sie die Adresse und Ihre Verbindung.',
  wrong_credentials: 'Die E-Mail-Adresse oder das Passwort stimmt nicht.',
};
