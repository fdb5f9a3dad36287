//! Resolves a deep link to a person, by the contacts of the accounts. Pure.

use bellwire_engine::{
    AccountId, AccountView, Contact, DeepLink, EngineView, LinkState, ListKind, MediaKind, Person, PersonId,
    Subject,
};

use crate::dial_targets::{self, DialTarget};

/// A call as it would be placed from one account.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct DialOption {
    pub(super) account: AccountId,
    pub(super) person: Person,
    pub(super) kind: MediaKind,
    pub(super) subject: Option<Subject>,
}

/// The person meant, and the accounts they can be called from.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Resolved {
    pub(super) from: Vec<DialOption>,
    pub(super) person: Person,
    pub(super) kind: MediaKind,
}

pub(super) fn resolve(link: &DeepLink, view: &EngineView) -> Resolved {
    let mut from: Vec<DialOption> = of(link, view).filter_map(|account| known(link, account)).collect();
    // Lists are paged; a link that names the backend may mean a person on no loaded page.
    if from.is_empty() && link.dialect.is_some() {
        from = of(link, view).filter_map(|account| unknown(link, account)).collect();
    }
    let person = from.first().map_or_else(|| nameless(link), |first| first.person.clone());
    let video = from.iter().any(|from| from.kind == MediaKind::Video);
    let kind = match from.first() {
        Some(_) if video => MediaKind::Video,
        Some(_) => MediaKind::Voice,
        None => link.kind,
    };
    Resolved { from, person, kind }
}

/// Whether a list that may contain the person is still loading.
pub(super) fn loading(link: &DeepLink, view: &EngineView) -> bool {
    of(link, view).any(|account| !account.contacts_loaded && account.capabilities.contacts)
}

/// The accounts a link can mean.
fn of<'a>(link: &'a DeepLink, view: &'a EngineView) -> impl Iterator<Item = &'a AccountView> {
    view.accounts.iter().filter(|account| {
        account.link != LinkState::SignedOut
            && link.dialect.as_ref().is_none_or(|dialect| *dialect == account.dialect)
            && link.server.as_ref().is_none_or(|server| same_host(server, &account.server))
    })
}

fn known(link: &DeepLink, account: &AccountView) -> Option<DialOption> {
    let meant = |contact: &&Contact| {
        contact.person.id.0 == link.person
            || link.is_address() && contact.detail.eq_ignore_ascii_case(&link.person)
    };
    let contact = account.contacts.iter().find(meant)?;
    let about = link.about.as_ref().and_then(|about| {
        let subjects = contact.subjects.iter().map(|one| &one.subject).chain(&contact.subject);
        subjects.into_iter().find(|one| one.id == *about || one.label.trim_end().ends_with(about)).cloned()
    });
    let reach = dial_targets::from_contact(account, contact);
    Some(DialOption { subject: about.or_else(|| reach.subject.clone()), ..placed(link, account, reach)? })
}

fn unknown(link: &DeepLink, account: &AccountView) -> Option<DialOption> {
    if account.capabilities.list != ListKind::People {
        return None;
    }
    placed(link, account, dial_targets::for_person(account, &nameless(link)))
}

fn placed(link: &DeepLink, account: &AccountView, reach: DialTarget) -> Option<DialOption> {
    let kind = reach.kind(link.kind)?;
    Some(DialOption { account: account.id, kind, person: reach.person, subject: reach.subject })
}

fn nameless(link: &DeepLink) -> Person {
    Person { id: PersonId(link.person.clone()), name: link.person.clone(), avatar: None }
}

/// Whether a link's host is the one that an account's server was typed as. A link without a port means any.
fn same_host(link: &str, typed: &str) -> bool {
    let typed = typed.split_once("://").map_or(typed, |(_, rest)| rest);
    let typed = typed.split(['/', '?', '#']).next().unwrap_or_default();
    let bare = |host: &str| match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') && port.bytes().all(|b| b.is_ascii_digit()) => {
            name.to_owned()
        }
        _ => host.to_owned(),
    };
    link.eq_ignore_ascii_case(typed) || bare(link) == link && link.eq_ignore_ascii_case(&bare(typed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ring::ringing::tests;
    use bellwire_engine::Capabilities;

    fn contact(id: &str, detail: &str) -> Contact {
        let person = Person { id: PersonId(id.into()), name: id.to_uppercase(), avatar: None };
        Contact { id: id.into(), person, detail: detail.into(), ..tests::line(id) }
    }

    fn account(id: u32, dialect: &str, contacts: Vec<Contact>) -> AccountView {
        AccountView {
            dialect: dialect.into(),
            label: dialect.into(),
            server: format!("https://{dialect}.example.com:8443/api"),
            contacts,
            capabilities: Capabilities {
                video: true,
                voice: true,
                contacts: true,
                ..Capabilities::default()
            },
            ..tests::account(id)
        }
    }

    fn view(accounts: Vec<AccountView>) -> EngineView {
        EngineView { accounts, ..EngineView::default() }
    }

    fn link(text: &str) -> DeepLink {
        DeepLink::parse(text).unwrap()
    }

    fn from(found: &Resolved) -> Vec<u32> {
        found.from.iter().map(|from| from.account.0).collect()
    }

    #[test]
    fn a_person_is_found_where_they_are_known() {
        let view = view(vec![
            account(1, "storefront", vec![contact("ada", "ada@example.com")]),
            account(2, "hearth", vec![contact("bob", "")]),
            account(3, "hearth", vec![contact("x", ""), contact("ada", "")]),
        ]);
        assert_eq!(from(&resolve(&link("bellwire://call/ada"), &view)), [1, 3]);
        assert_eq!(from(&resolve(&link("bellwire://call/Ada@Example.com"), &view)), [1]);
        assert_eq!(from(&resolve(&link("bellwire://call/hearth/ada"), &view)), [3]);
        assert_eq!(from(&resolve(&link("bellwire://call/ada?server=hearth.example.com"), &view)), [3]);
        assert!(resolve(&link("bellwire://call/eve"), &view).from.is_empty());
        assert_eq!(resolve(&link("bellwire://call/ada"), &view).person.name, "ADA");
    }

    #[test]
    fn a_named_backend_may_know_more_than_its_list() {
        let view = view(vec![account(1, "storefront", Vec::new())]);
        let found = resolve(&link("bellwire://call/storefront/eve?video=1"), &view);
        assert_eq!((from(&found), found.kind), (vec![1], MediaKind::Video));
        assert_eq!(found.person.name, "eve");
    }

    #[test]
    fn what_cannot_be_placed_is_not_offered() {
        let mut one = account(1, "storefront", vec![contact("ada", "")]);
        one.contacts[0].video = false;
        let found = resolve(&link("bellwire://call/ada?video=1"), &view(vec![one.clone()]));
        assert_eq!(found.kind, MediaKind::Voice);
        one.link = LinkState::Offline;
        assert!(resolve(&link("bellwire://call/ada"), &view(vec![one.clone()])).from.is_empty());
        one.link = LinkState::SignedOut;
        assert!(resolve(&link("bellwire://call/storefront/ada"), &view(vec![one])).from.is_empty());
    }

    #[test]
    fn a_call_is_about_what_the_list_knows() {
        let mut one = account(1, "storefront", vec![contact("ada", "")]);
        let order = Subject { id: "o1".into(), label: "Order #1042".into() };
        one.contacts[0].subject = Some(order.clone());
        let view = view(vec![one]);
        for about in ["o1", "%231042", "1042"] {
            let found = resolve(&link(&format!("bellwire://call/ada?about={about}")), &view);
            assert_eq!(found.from[0].subject, Some(order.clone()), "{about}");
        }
    }

    #[test]
    fn hosts_are_compared_without_what_is_around_them() {
        assert!(same_host("a.example", "https://A.example:443/x"));
        assert!(same_host("a.example:443", "a.example:443"));
        assert!(!same_host("a.example:444", "a.example:443"));
        assert!(!same_host("a.example", "a.example.org"));
        assert!(same_host("[::1]", "[::1]:80"));
        assert!(same_host("[::1]:80", "http://[::1]:80"));
    }
}
