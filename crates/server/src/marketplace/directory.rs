//! What an administrator keeps of marketplace: its people. A conversation needs nothing else.

use crate::directory::{AccountId, AccountKind, Directory, NameColumns};

const CLIENT: AccountKind = AccountKind {
    role: "client",
    table: "marketplace_users",
    id: AccountId::Hex,
    column_role: Some("client"),
    name: NameColumns::One("full_name"),
    texts: &[("avatar", "avatar")],
    flags: &[],
    passwordless: None,
    erase: &[
        "UPDATE marketplace_messages SET content = '(removed)', recording_url = NULL, quality = NULL \
         WHERE sender = $1",
        "UPDATE marketplace_users SET last_seen = NULL WHERE id = $1",
    ],
    readdress: &["UPDATE marketplace_users SET email = $2 WHERE id = $1"],
};

const PROVIDER: AccountKind = AccountKind { role: "provider", column_role: Some("provider"), ..CLIENT };
const ADMIN: AccountKind = AccountKind { role: "admin", column_role: Some("admin"), ..CLIENT };

pub(super) static DIRECTORY: Directory = Directory {
    accounts: &[CLIENT, PROVIDER, ADMIN],
    records: &[],
    // Calls are messages too.
    forget: &["DELETE FROM marketplace_messages WHERE id IN (SELECT id FROM marketplace_messages \
         WHERE (status IS NULL OR status NOT IN ('initiated', 'ringing', 'answered')) \
         AND created_at < $1 LIMIT $2)"],
    usage: None,
};
