//! The table of dialects as a sign-in page needs it: ids, labels, roles and fields.

use bellwire_signaling::DIALECTS;
use serde::Serialize;

/// One backend that can be signed in to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DialectInfo {
    pub id: &'static str,
    pub label: &'static str,
    /// The first one is the default.
    pub roles: Vec<RoleInfo>,
    pub fields: Vec<FieldInfo>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoleInfo {
    pub id: &'static str,
    pub label: &'static str,
}

/// One input of the form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldInfo {
    pub id: &'static str,
    pub label: &'static str,
    /// Shown as dots.
    pub secret: bool,
    /// Asked for by this role only; `None`: by all.
    pub only_for: Option<&'static str>,
}

/// Every backend the program speaks to, in the order a sign-in page lists them.
#[must_use]
pub fn dialects() -> Vec<DialectInfo> {
    let info = |entry: &bellwire_signaling::Entry| DialectInfo {
        id: entry.id,
        label: entry.label,
        roles: entry.roles.iter().map(|role| RoleInfo { id: role.id, label: role.label }).collect(),
        fields: entry
            .sign_in_fields
            .iter()
            .map(|field| FieldInfo {
                id: field.id,
                label: field.label,
                secret: field.secret,
                only_for: field.only_for,
            })
            .collect(),
    };
    DIALECTS.iter().map(info).collect()
}
