//! Kinds of accounts: which table has them, and what of it an administrator may set.

/// The accounts of one role.
#[derive(Debug)]
pub(crate) struct AccountKind {
    /// As files and command lines say it.
    pub(crate) role: &'static str,
    pub(crate) table: &'static str,
    pub(crate) id: AccountId,
    /// The value of the column `role`, where the table has one.
    pub(crate) column_role: Option<&'static str>,
    pub(crate) name: NameColumns,
    /// Further texts that may be given: field, column.
    pub(crate) texts: &'static [(&'static str, &'static str)],
    /// Further yes or no that may be given: field, column.
    pub(crate) flags: &'static [(&'static str, &'static str)],
    /// Signs in by address alone where that flag is set, so that no password is made up.
    pub(crate) passwordless: Option<&'static str>,
    /// Takes personal data of the account `$1` out of its records.
    pub(crate) erase: &'static [&'static str],
    /// Gives the account `$1` the address `$2`, which is nobody's.
    pub(crate) readdress: &'static [&'static str],
}

/// What an account's id is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AccountId {
    /// 24 hexadecimal digits.
    Hex,
    Uuid,
    /// The e-mail address.
    Email,
}

impl AccountId {
    pub(crate) fn column(self) -> &'static str {
        match self {
            Self::Hex | Self::Uuid => "id",
            Self::Email => "email",
        }
    }
}

/// Where a person's name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameColumns {
    One(&'static str),
    /// `first_name` and `last_name`.
    Two,
}
