// What the engine's table of backends says, for the sign-in page.

import type { Entry, Field, Role } from '../../generated/bindings';

const EMAIL: Field = { id: 'email', label: 'E-mail', secret: false, only_for: null };
const PASSWORD: Field = { id: 'password', label: 'Password', secret: true, only_for: null };

const role = (id: string): Role => ({ id, label: id.charAt(0).toUpperCase() + id.slice(1) });

export const DIALECTS: Entry[] = [
  { id: 'storefront', label: 'Storefront', roles: [role('seller'), role('customer')], fields: [EMAIL, PASSWORD] },
  {
    id: 'dealerdesk',
    label: 'DealerDesk',
    roles: [role('dealer'), role('technician')],
    fields: [EMAIL, { ...PASSWORD, only_for: 'dealer' }],
  },
  { id: 'marketplace', label: 'Marketplace', roles: [role('provider'), role('client')], fields: [EMAIL, PASSWORD] },
  { id: 'hearth', label: 'Hearth', roles: [{ id: 'user', label: 'User' }], fields: [EMAIL, PASSWORD] },
  { id: 'clinic', label: 'Clinic', roles: [role('practitioner'), role('patient')], fields: [EMAIL, PASSWORD] },
];
